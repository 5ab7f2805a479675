using System.Text.Json;
using Espalier.Contracts.Traces;
using Espalier.Gateway.Formats;
using Espalier.Gateway.Formats.Neutral;
using FsCheck;
using FsCheck.Fluent;

namespace Espalier.Gateway.Tests.Formats.Neutral;

/// <summary>Conversations of all kinds, within what a format has words for.</summary>
internal static class Conversations
{
    private static readonly string[] Strings =
    [
        "a", "Grüße, \"Ünïcödé\" 😀", "two\nlines\r\nand\ttab", "data: x\n\n", "[DONE]", "{\"result\":\"x\"}", "{\"result\":12.5}", "{broken", "null", "</b> & \u0001", "a much longer text that goes on",
    ];

    private static readonly JsonElement Schema = JsonDocument.Parse("""{"type":"object","properties":{"a":{"type":"number"},"b":{"type":["string","null"]}},"required":["a"]}""").RootElement;
    private static readonly Gen<string> Text = Gen.Elements(Strings);
    private static readonly Gen<CacheMark?> Cache = Gen.Elements<CacheMark?>(null, null, new CacheMark(), new CacheMark("1h"));

    public static Gen<NeutralRequest> Requests(string format) =>
        from rounds in Gen.Choose(1, 3)
        from instructions in Instructions(format)
        from turns in Turns(format, rounds)
        from tools in Gen.Choose(0, 2)
        from toolCache in Cache
        from choice in Gen.Elements<ToolChoice?>(null, new ToolChoice(ToolMode.Auto), new ToolChoice(ToolMode.None), new ToolChoice(ToolMode.Required), new ToolChoice(ToolMode.Named, "tool_0"))
        from sampling in Gen.Choose(0, 1 << 16)
        select Narrow(format, new NeutralRequest
        {
            Model = "model-x",
            Stream = format != WireFormats.Gemini && (sampling & 1) != 0,
            Turns = [.. instructions, .. turns],
            Tools =
            [
                .. Enumerable.Range(0, tools).Select(i => new Tool($"tool_{i}", i == 0 ? "what it does" : null, Schema)
                {
                    Strict = format switch { WireFormats.Gemini => null, WireFormats.OpenAiResponses => (sampling & 2) != 0, _ => (sampling & 2) != 0 ? true : null },
                    Cache = format == WireFormats.Anthropic ? toolCache : null,
                }),
            ],
            ToolChoice = tools > 0 ? choice : null,
            ParallelTools = tools > 0 && format != WireFormats.Gemini && (sampling & 4) != 0 ? (sampling & 1) != 0 : null,
            MaxTokens = format == WireFormats.Anthropic || (sampling & 8) != 0 ? 100_000 : null,
            Temperature = (sampling & 16) != 0 ? 0.7 : null,
            TopP = (sampling & 32) != 0 ? 0.95 : null,
            TopK = (sampling & 64) != 0 ? 40 : null,
            Seed = (sampling & 128) != 0 ? 7 : null,
            FrequencyPenalty = (sampling & 256) != 0 ? 0.5 : null,
            PresencePenalty = (sampling & 512) != 0 ? -0.5 : null,
            Stop = (sampling & 1024) != 0 ? ["END", "\n\n"] : [],
            Choices = (sampling & 2048) != 0 ? 2 : 1,
            Logprobs = (sampling & 4096) != 0,
            TopLogprobs = (sampling & 4096) != 0 ? 3 : null,
            Output = (sampling & 8192) == 0 ? null
                : format is WireFormats.OpenAiChat or WireFormats.OpenAiResponses ? new OutputShape(Schema, "shape", "what it is", true) : new OutputShape(Schema),
            Reasoning = (sampling & 16384) == 0 ? null : format switch
            {
                WireFormats.Anthropic => new Reasoning(null, 2048, null),
                WireFormats.Gemini => new Reasoning(null, 512, true),
                WireFormats.OpenAiResponses => new Reasoning("low", null, true),
                _ => new Reasoning("high", null, null),
            },
            User = format != WireFormats.Gemini && (sampling & 32768) != 0 ? "someone" : null,
        });

    public static Gen<NeutralReply> Replies(string format) =>
        from said in Said(format, 2)
        from stop in Gen.Elements(StopReason.End, StopReason.Length, StopReason.Filter)
        from counts in Gen.Choose(0, 1000)
        from logprobs in Gen.Choose(0, 2)
        let calls = said.Any(part => part is Part.Call)
        let texts = said.Any(part => part is Part.Text)
        select new NeutralReply
        {
            Id = "resp_1",
            Model = "model-x",
            Created = format is WireFormats.OpenAiChat or WireFormats.OpenAiResponses ? 1_700_000_000 : null,
            Usage = Usage(format, counts),
            Answers =
            [
                new Answer(0, said, calls && stop == StopReason.End ? StopReason.Calls : stop)
                {
                    Logprobs = format == WireFormats.Anthropic || !texts ? [] : [.. Enumerable.Range(0, logprobs).Select(i => new TokenLogprob($"t{i}", -0.5 * i, [("other", -2.5)]))],
                },
            ],
        };

    // What all vendors tell alike; their readers decide what a missing count means.
    private static TokenUsage Usage(string format, int counts) => new()
    {
        InputUncached = 100 + counts,
        CacheRead = format == WireFormats.Gemini ? 5 : 7,
        CacheWrite = format == WireFormats.Anthropic ? 3 : null,
        OutputText = 50,
        OutputReasoning = format == WireFormats.Anthropic ? null : 11,
    };

    private static NeutralRequest Narrow(string format, NeutralRequest request) => format switch
    {
        WireFormats.OpenAiResponses => request with { TopK = null, Seed = null, FrequencyPenalty = null, PresencePenalty = null, Stop = [], Choices = 1 },
        WireFormats.Anthropic => request with
        {
            Seed = null,
            FrequencyPenalty = null,
            PresencePenalty = null,
            Choices = 1,
            Logprobs = false,
            TopLogprobs = null,
            // With reasoning the vendor takes neither sampling nor a forced call.
            Temperature = request.Reasoning is null ? request.Temperature : null,
            TopP = request.Reasoning is null ? request.TopP : null,
            TopK = request.Reasoning is null ? request.TopK : null,
            Reasoning = request.ToolChoice is { Mode: ToolMode.Required or ToolMode.Named } || request.Temperature is not null || !request.Turns.All(Remembers) ? null : request.Reasoning,
            ToolChoice = request.ToolChoice ?? (request.ParallelTools is null ? null : new ToolChoice(ToolMode.Auto)),
            ParallelTools = request.ToolChoice?.Mode == ToolMode.None ? null : request.ParallelTools,
        },
        _ => request,
    };

    // A turn with calls begins with its reasoning, else the vendor takes no more of it.
    private static bool Remembers(Turn turn) => turn.Parts[0] is Part.Thinking or Part.Hidden || !turn.Parts.Any(part => part is Part.Call);

    private static Gen<Turn[]> Instructions(string format) => format switch
    {
        WireFormats.OpenAiChat => Gen.Elements<Turn[]>([], [new Turn(TurnRole.System, [new Part.Text("be kind")])],
            [new Turn(TurnRole.System, [new Part.Text("be kind"), new Part.Text("and brief")]), new Turn(TurnRole.Developer, [new Part.Text("no lists")])]),
        WireFormats.OpenAiResponses => Gen.Elements<Turn[]>([], [new Turn(TurnRole.System, [new Part.Text("be kind")]), new Turn(TurnRole.Developer, [new Part.Text("no lists")])]),
        WireFormats.Anthropic => Gen.Elements<Turn[]>([], [new Turn(TurnRole.System, [new Part.Text("be kind")])],
            [new Turn(TurnRole.System, [new Part.Text("be kind") { Cache = new CacheMark() }, new Part.Text("and brief")])]),
        _ => Gen.Elements<Turn[]>([], [new Turn(TurnRole.System, [new Part.Text("be kind"), new Part.Text("and brief")])]),
    };

    private static Gen<Turn[]> Turns(string format, int rounds) =>
        from made in Gen.ArrayOf(Round(format), rounds)
        select made.Index().SelectMany(round => Renamed(round.Item, round.Index)).ToArray();

    // Ids are those of one conversation, so each is used once.
    private static IEnumerable<Turn> Renamed(Turn[] turns, int round) => turns.Select(turn => turn with
    {
        Parts =
        [
            .. turn.Parts.Select(part => part switch
            {
                Part.Call call => call with { Id = $"{call.Id}_{round}" },
                Part.Result result => result with { Id = $"{result.Id}_{round}" },
                _ => part,
            }),
        ],
    });

    private static Gen<Turn[]> Round(string format) =>
        from asked in Gen.NonEmptyListOf(Asked(format)).Select(parts => parts.Take(3).ToArray())
        from said in Said(format, 2)
        from results in Gen.ArrayOf(Text, 2)
        from failed in Gen.Elements(false, true)
        let calls = said.OfType<Part.Call>().ToArray()
        select (Turn[])
        [
            new Turn(TurnRole.User, asked),
            new Turn(TurnRole.Assistant, said),
            .. calls.Length == 0 ? Array.Empty<Turn>() :
            [
                new Turn(TurnRole.Tool,
                [
                    .. calls.Select((call, i) => new Part.Result(call.Id, format == WireFormats.Gemini ? call.Name : null, new EquatableParts([new Part.Text(results[i])]))
                    {
                        IsError = failed && format is WireFormats.Anthropic or WireFormats.Gemini && failed,
                    }),
                ]),
            ],
        ];

    private static Gen<Part> Asked(string format)
    {
        var image = new Source { MediaType = "image/png", Base64 = "aGVsbG8=" };
        var file = new Source { MediaType = "application/pdf", Base64 = "JVBERg==" };
        List<Gen<Part>> kinds =
        [
            Text.Select(text => (Part)new Part.Text(text)),
            Gen.Elements<Part>(new Part.Image(image)),
            Gen.Elements<Part>(new Part.Document(file) { Title = "a.pdf" }),
        ];
        if (format != WireFormats.Gemini) kinds.Add(Gen.Elements<Part>(new Part.Image(new Source { Url = "https://example.com/a.png" })));
        if (format is WireFormats.OpenAiChat or WireFormats.OpenAiResponses)
        {
            kinds.Add(Gen.Elements<Part>(new Part.Image(image) { Detail = "low" }));
            kinds.Add(Gen.Elements<Part>(new Part.Document(new Source { File = "file-1" })));
        }

        if (format != WireFormats.Anthropic) kinds.Add(Gen.Elements<Part>(new Part.Audio("wav", "UklGRg==")));
        else kinds.Add(Gen.Elements<Part>(new Part.Document(new Source { MediaType = "text/plain", Text = "plain" }) { Title = "a.txt" }));
        return format != WireFormats.Anthropic
            ? Gen.OneOf(kinds)
            : from part in Gen.OneOf(kinds) from cache in Cache select part with { Cache = cache };
    }

    private static Gen<Part[]> Said(string format, int most) =>
        from thought in Gen.Elements(0, 1, 2)
        from text in Text
        from speaks in Gen.Elements(true, false)
        from calls in Gen.Choose(0, most)
        from arguments in Gen.Elements("""{"a":1}""", """{"a":12.50,"b":"Ü\n\""}""", "{}")
        select (Part[])
        [
            .. Thoughts(format, thought),
            .. speaks || calls == 0 ? [new Part.Text(text)] : Array.Empty<Part>(),
            .. Enumerable.Range(0, calls).Select(i => new Part.Call($"call_{i}", $"tool_{i}", arguments)),
        ];

    // Chat completions' requests have no place for it that every server takes.
    private static Part[] Thoughts(string format, int kind) => (format, kind) switch
    {
        (WireFormats.OpenAiChat, _) or (_, 0) => [],
        (WireFormats.Anthropic, 2) => [new Part.Hidden("b3BhcXVl"), new Part.Thinking("step", "c2ln")],
        (WireFormats.OpenAiResponses, _) => [new Part.Thinking("step by step", "c2ln") { Id = "rs_7" }],
        (WireFormats.Gemini, 2) => [new Part.Thinking("", "c2ln")],
        _ => [new Part.Thinking("step by\nstep", "c2ln")],
    };
}
