using System.Globalization;
using System.Text;
using System.Text.Json;
using System.Text.RegularExpressions;
using Espalier.Contracts.Shared;
using Espalier.Contracts.Traces;
using Espalier.Core.Shared;
using Espalier.Gateway.Formats;
using Espalier.Gateway.Formats.Neutral;
using Espalier.Gateway.Tests.Fakes;
using Answer = Espalier.Gateway.Tests.Fakes.Answer;

namespace Espalier.Gateway.Tests.Providers;

/// <summary>Answers that no sane server gives, over real connections: the client always gets an answer or an error of its own format, in time, and every attempt is billed or known to be free.</summary>
/// <remarks>A short run by default; <c>ESPALIER_FUZZ_ROUNDS</c> says how many answers a pair of formats gets. A failure names its seed.</remarks>
public sealed class UpstreamFuzzTests
{
    private const int UsualRounds = 40;

    private static readonly string[] Clients = [WireFormats.OpenAiChat, WireFormats.OpenAiResponses, WireFormats.Anthropic, WireFormats.Gemini];

    private static readonly string[] Values = ["null", "7", "-1", "1e999", "true", "\"\"", "[]", "{}", "[{}]", "[[[]]]", "\"\\ud800\"", "{\"error\":{\"message\":\"no luck\",\"code\":529}}"];

    public static TheoryData<string, string> Pairs => new(from client in Clients from provider in Clients where provider != WireFormats.OpenAiResponses || client == provider select (client, provider));

    private static int Rounds => int.TryParse(Environment.GetEnvironmentVariable("ESPALIER_FUZZ_ROUNDS"), NumberStyles.None, CultureInfo.InvariantCulture, out var rounds) ? rounds : UsualRounds;

    [Theory]
    [MemberData(nameof(Pairs))]
    public async Task Post_AnyAnswer_EndsInTheClientsFormatAndIsBilled(string client, string provider)
    {
        var plans = Enumerable.Range(0, Rounds).Select(seed => new Plan(provider, seed)).ToArray();
        await using var server = new RawModelServer((request, stream, stop) => plans[int.Parse(Regex.Match(request, "hello number ([0-9]+)").Groups[1].ValueSpan, CultureInfo.InvariantCulture)].WriteAsync(stream, stop));
        await using var host = await GatewayHost.StartAsync(options =>
        {
            (options.OpenAi.BaseUrl, options.OpenAi.ApiKey) = (new Uri(server.Root, "/v1"), "sk-openai");
            (options.Anthropic.BaseUrl, options.Anthropic.ApiKey) = (server.Root, "sk-anthropic");
            (options.Gemini.BaseUrl, options.Gemini.ApiKey) = (server.Root, "key-gemini");
            (options.MaxRetries, options.Breaker.ConsecutiveFailures, options.Breaker.FailureRatio) = (0, 1000, 1);
            options.OpenAi.Responses = provider == WireFormats.OpenAiResponses;
            foreach (var limits in (Gateway.Providers.UpstreamOptions[])[options.OpenAi, options.Anthropic, options.Gemini])
                limits.FirstByteTimeout = limits.WholeTimeout = limits.SilenceTimeout = TimeSpan.FromMilliseconds(400);
        });
        var token = host.BeginUnlimited();
        var (good, failed) = (0, 0);
        for (var seed = 0; seed < plans.Length; seed++)
        {
            var plan = plans[seed];
            var what = $"{client} {provider} seed {seed}: {plan}";
            using var patience = CancellationTokenSource.CreateLinkedTokenSource(GatewayHost.Cancellation);
            patience.CancelAfter(TimeSpan.FromMinutes(1));
            Answer answer;
            try
            {
                answer = await host.PostAsync(Path(client, provider, plan.Streamed), token, Body(client, provider, plan.Streamed, seed), "x-api-key").WaitAsync(patience.Token);
            }
            catch (OperationCanceledException e) when (!GatewayHost.Cancellation.IsCancellationRequested)
            {
                throw new TimeoutException(what, e);
            }

            ShouldBeClean(client, provider, plan.Streamed, answer, what);
            if (answer.Status == 200 && !answer.Body.Contains("\"error\":{", StringComparison.Ordinal) && !answer.Body.Contains("event: error", StringComparison.Ordinal)) good++;
            else failed++;
        }

        good.ShouldBeGreaterThan(0, "some answers are good ones, in odd clothes");
        failed.ShouldBeGreaterThan(Rounds / 4);
        var measure = await host.EndAsync(token);
        var attempts = (await host.SpansAsync()).Where(span => span.Kind == SpanKind.Attempt).ToList();
        attempts.Count.ShouldBe(plans.Length);
        attempts.ShouldAllBe(span => span.Cost != null && (span.Attributes["billed"] == "false" ? span.Cost == Usd.Zero : span.Usage != null));
        var sum = attempts.Sum(span => span.Cost!.Value.Nano);
        measure.Usage.Cost.ShouldBe(new Usd(sum));
        host.Ledger.Settled.Values.Sum(cost => cost.Nano).ShouldBe(sum);
        (await host.Ledger.ReadAsync(new Contracts.Runs.BudgetId("production"), GatewayHost.Cancellation))!.Reserved.ShouldBe(Usd.Zero);
    }

    private static void ShouldBeClean(string client, string provider, bool streamed, Answer answer, string what)
    {
        (answer.Status is 200 or (>= 400 and < 600)).ShouldBeTrue($"{what}: {answer.Status}");
        if (answer.Status != 200 || !streamed || answer.ContentType == "application/json")
        {
            using var whole = Parse(answer.Body, $"{what}: {answer.Status} {answer.ContentType}");
            whole.RootElement.ValueKind.ShouldBe(JsonValueKind.Object, what);
            // A provider's own object is passed on in its words to clients of its format, whatever it says.
            if (answer.Status != 200 && client != provider) whole.RootElement.TryGetProperty("error", out _).ShouldBeTrue(what);
            return;
        }

        answer.ContentType.ShouldBe("text/event-stream", what);
        // Lines may end in carriage returns alone, as they came.
        var last = answer.Body.Split(['\n', '\r']).Last(line => line.StartsWith("data:", StringComparison.Ordinal))[5..].Trim();
        if (last == "[DONE]") return;
        using var end = Parse(last, what);
        // Over by the format's own word, or by an error that says why.
        var text = end.RootElement.ToString();
        string[] ends = client switch
        {
            WireFormats.OpenAiChat => ["\"error\"", "finish_reason", "usage"],
            WireFormats.OpenAiResponses => ["\"error\"", "response.completed", "response.incomplete", "response.failed"],
            WireFormats.Anthropic => ["\"error\"", "message_stop"],
            _ => ["\"error\"", "finishReason", "usageMetadata", "blockReason"],
        };
        ends.ShouldContain(word => text.Contains(word, StringComparison.Ordinal), what + "\n" + answer.Body);
    }

    private static JsonDocument Parse(string json, string what)
    {
        try
        {
            return JsonDocument.Parse(json, new JsonDocumentOptions { MaxDepth = 256 });
        }
        catch (JsonException e)
        {
            throw new JsonException($"{what}\n{json[..Math.Min(json.Length, 2000)]}", e);
        }
    }

    private static string Body(string client, string provider, bool stream, int seed) => Encoding.UTF8.GetString(WireFormats.All[client].WriteRequest(
        new NeutralRequest { Model = Model(provider), Stream = stream, StreamUsage = true, MaxTokens = 100, Turns = [new Turn(TurnRole.User, [new Part.Text($"hello number {seed}")])] }, new Dropped()).Span);

    private static string Path(string client, string provider, bool stream) => client switch
    {
        WireFormats.OpenAiChat => "/v1/chat/completions",
        WireFormats.OpenAiResponses => "/v1/responses",
        WireFormats.Anthropic => "/v1/messages",
        _ => $"/v1beta/models/{Model(provider)}:{(stream ? "streamGenerateContent?alt=sse" : "generateContent")}",
    };

    private static string Model(string provider) => provider switch { WireFormats.Anthropic => "claude-sonnet-4-5", WireFormats.Gemini => "gemini-2.5-flash", _ => "gpt-4.1-mini" };

    /// <summary>One answer, good at first and then spoilt in a way or two.</summary>
    private sealed class Plan
    {
        private readonly byte[] _bytes;
        private readonly int _piece;
        private readonly bool _hangs;
        private readonly List<string> _done = [];

        public Plan(string provider, int seed)
        {
            var dice = new Rng((ulong)(seed * 31) + 5);
            Streamed = dice.Next(3) > 0;
            var format = WireFormats.All[provider];
            var reply = new NeutralReply
            {
                Id = "resp_1",
                Model = Model(provider),
                Usage = new TokenUsage { InputUncached = 12, OutputText = 7 },
                Answers = [new Espalier.Gateway.Formats.Neutral.Answer(0, [new Part.Text("grüße 😀 "), new Part.Text(new string('w', 1 + dice.Next(400)))], StopReason.End)],
            };
            var request = format.Parse(Encoding.UTF8.GetBytes(Body(provider, provider, Streamed, seed)), new RequestTarget(Model(provider), Streamed));
            var writer = format.NewEventWriter(request, new Dropped());
            var body = Streamed
                ? string.Concat(reply.ToEvents().SelectMany(writer.Write).Select(one => Encoding.UTF8.GetString(one.Raw.Span)))
                : Encoding.UTF8.GetString(format.WriteReply(reply, new Dropped()).Span);
            var (status, type, more) = ("200 OK", Streamed ? "text/event-stream" : "application/json", "");
            for (var spoils = dice.Next(3); spoils > 0; spoils--) (body, status, type, more) = Spoil(dice, body, status, type, more);
            var bytes = Encoding.UTF8.GetBytes(body);
            var head = $"HTTP/1.1 {status}\r\ncontent-type: {type}\r\n{more}connection: close\r\n\r\n";
            _bytes = [.. Encoding.Latin1.GetBytes(head), .. bytes];
            if (dice.Next(5) == 0) _bytes = _bytes[..Note("cut", dice.Next(_bytes.Length))];
            if (dice.Next(10) == 0) _bytes[Note("byte", dice.Next(_bytes.Length))] = (byte)dice.Next(256);
            _hangs = dice.Next(12) == 0 && Note("hangs", 1) > 0;
            _piece = dice.Next(4) == 0 ? Note("pieces", 1 + dice.Next(40)) : _bytes.Length;
        }

        public bool Streamed { get; }

        public override string ToString() => $"{(Streamed ? "stream" : "whole")} {string.Join(", ", _done)}";

        public async Task WriteAsync(Stream stream, CancellationToken stop)
        {
            for (var at = 0; at < _bytes.Length; at += _piece)
            {
                await stream.WriteAsync(_bytes.AsMemory(at, Math.Min(_piece, _bytes.Length - at)), stop);
                await stream.FlushAsync(stop);
            }

            if (_hangs) await stream.CopyToAsync(Stream.Null, stop);
        }

        private (string Body, string Status, string Type, string More) Spoil(Rng dice, string body, string status, string type, string more)
        {
            switch (Note("spoil", dice.Next(14)))
            {
                case 0: return (body, status, type, more + $"content-length: {Encoding.UTF8.GetByteCount(body) + dice.Next(50)}\r\n");
                case 1: return (body, status, type, more + $"content-length: {dice.Next(body.Length)}\r\n");
                case 2: return (body, status, type == "application/json" ? "text/event-stream" : "application/json", more);
                case 3: return (body, status, "text/html", more);
                case 4: return (body, status, type, more + "transfer-encoding: chunked\r\n");
                case 5: return (body, status, type, more + "content-encoding: gzip\r\n");
                case 6: return (body, status, type, more + string.Concat(Enumerable.Range(0, 600).Select(i => $"x-flood-{i}: {new string('f', 200)}\r\n")));
                case 7: return (body, ((string[])["204 No Content", "301 Moved", "418 Teapot", "500 Oops", "503 Busy", "999 What", "abc"])[dice.Next(7)], type, more);
                case 8: return (body.Insert(dice.Next(body.Length), new string('x', 200_000)), status, type, more);
                case 9: return ($"{body}data: {{\"error\":{{\"message\":\"late\"}}}}\n\n", status, type, more);
                case 10: return (body.Replace("\n", "\r", StringComparison.Ordinal), status, type, more);
                case 11: return (body.Remove(dice.Next(body.Length) / 2), status, type, more);
                default: return (Replace(dice, body), status, type, more);
            }
        }

        private static string Replace(Rng dice, string body)
        {
            var colon = body.IndexOf(':', dice.Next(body.Length));
            var end = colon < 0 ? -1 : body.IndexOfAny([',', '}'], colon);
            return end < 0 ? body : body[..(colon + 1)] + Values[dice.Next(Values.Length)] + body[end..];
        }

        private int Note(string what, int how)
        {
            _done.Add($"{what} {how}");
            return how;
        }
    }
}
