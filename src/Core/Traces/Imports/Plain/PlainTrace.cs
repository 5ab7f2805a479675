using System.Globalization;
using System.Text.Json;
using Espalier.Contracts.Agents;
using Espalier.Contracts.Shared;
using Espalier.Contracts.Traces;
using Espalier.Core.Traces.Messages;

namespace Espalier.Core.Traces.Imports.Plain;

/// <summary>One line of our own as spans and feedback.</summary>
internal sealed class PlainTrace(TraceId trace, string id, JsonElement record, ImportDefaults defaults, IPricing? pricing)
{
    private const double MostDollars = 1e9;

    private readonly CanonicalMessages _messages = new();
    private readonly ModelAnswer _answer = new();

    private SpanId Root => ImportIds.Span(PlainImport.FormatName, id, "\0root");

    public IReadOnlyList<Span> Spans()
    {
        var start = Time(record, "start") ?? defaults.At;
        var steps = new List<Span>();
        if (Json.Get(record, "spans") is { } spans)
        {
            if (spans.ValueKind != JsonValueKind.Array) throw new ImportFault("spans is no list");
            foreach (var step in spans.EnumerateArray()) steps.Add(Step(step, steps.Count, start));
        }

        // A line with messages is one call of a model, as logs of chats are.
        var hasMessages = Json.Get(record, "messages") is { ValueKind: JsonValueKind.Array };
        if (hasMessages) steps.Add(Call(record, "\0call", Root, start));
        var root = Bare(Root, null, SpanKind.Agent, Json.Text(record, "name") ?? "agent.run", start, Duration(record, start)) with
        {
            Input = Plain(record, "input") ?? (hasMessages ? LastOfUser(steps[^1].Input) : null),
            Output = Plain(record, "output") ?? (hasMessages ? steps[^1].Output : null),
            Error = Plain(record, "error"),
            Attributes = Attributes(record),
            Details = Json.Get(record, "tags") is { ValueKind: JsonValueKind.Array } tags ? new SpanDetails { Tags = [.. tags.EnumerateArray().Select(tag => tag.ToString())] } : null,
        };
        if (root.Duration == TimeSpan.Zero && steps.Count > 0)
            root = root with { Duration = TimeSpan.FromTicks(Math.Max(0, steps.Max(step => step.Start + step.Duration).Ticks - start.Ticks)) };
        return [root, .. steps];
    }

    public IReadOnlyList<Feedback> Feedback()
    {
        if (Json.Get(record, "feedback") is not { ValueKind: JsonValueKind.Array } told) return [];
        var start = Time(record, "start") ?? defaults.At;
        var feedback = new List<Feedback>();
        foreach (var one in told.EnumerateArray())
        {
            var signal = new Feedback
            {
                TraceId = trace,
                Name = Json.Text(one, "name") ?? throw new ImportFault("a feedback has no name"),
                Source = Json.Text(one, "source") ?? "user",
                Label = Json.Text(one, "label"),
                Value = Json.Get(one, "value") switch { { ValueKind: JsonValueKind.True } => 1, { ValueKind: JsonValueKind.False } => 0, _ => Json.Number(one, "value") },
                Comment = Json.Text(one, "comment"),
                Demonstration = Json.Text(one, "demonstration"),
                At = Time(one, "at") ?? start,
            };
            if (signal is { Label: null, Value: null, Comment: null, Demonstration: null }) throw new ImportFault($"the feedback '{signal.Name}' says nothing");
            feedback.Add(signal);
        }

        return feedback;
    }

    private Span Step(JsonElement step, int index, DateTimeOffset start)
    {
        if (step.ValueKind != JsonValueKind.Object) throw new ImportFault($"spans[{index}] is no object");
        var own = Json.Text(step, "id") ?? index.ToString(CultureInfo.InvariantCulture);
        var parent = Json.Text(step, "parent") is { } told ? SpanOf(told) : Root;
        if (Kind(step, index) is var kind && kind == SpanKind.Model) return Call(step, own, parent, start);
        var tool = kind == SpanKind.Tool ? Json.Text(step, "tool", "name") : null;
        return Bare(SpanOf(own), parent, kind, Json.Text(step, "name") ?? tool ?? kind.ToString().ToLowerInvariant(), Time(step, "start") ?? start, Duration(step, start)) with
        {
            Input = Plain(step, "input"),
            Output = Plain(step, "output"),
            Error = Plain(step, "error"),
            Model = Json.Text(step, "model"),
            Provider = Json.Text(step, "provider"),
            Usage = Usage(step),
            Cost = Cost(step),
            Attributes = Attributes(step),
            Details = tool is null ? null : new SpanDetails { Tool = tool, ToolCallId = Json.Text(step, "tool_call_id") },
        };
    }

    private Span Call(JsonElement told, string own, SpanId parent, DateTimeOffset start)
    {
        var (input, answer) = Messages(told);
        _answer.Start();
        if (answer is { } message) MessageShapes.Read(message, "assistant", _answer);
        var at = Time(told, "start") ?? start;
        var (model, usage, cost, provider) = (Json.Text(told, "model"), Usage(told), Cost(told), Json.Text(told, "provider"));
        var price = cost is null && usage is not null && model is not null ? pricing?.Price(provider, model, usage, at) : null;
        return Bare(SpanOf(own), parent, SpanKind.Model, model is null ? "chat" : $"chat {model}", at, Duration(told, at)) with
        {
            Model = model,
            ModelRequested = model,
            Provider = provider,
            Input = input,
            Output = _answer.Text,
            Error = Plain(told, "error"),
            Usage = usage,
            Cost = cost ?? price?.Cost,
            CostReason = cost is not null ? "reported by the client" : usage is null ? "the file has no usage" : price is null ? "the price is not known" : price.Reason,
            PriceTable = price?.Table,
            Attributes = Attributes(told),
            Details = new SpanDetails { Operation = "chat", RequestedTools = _answer.Tools ?? [], Thinking = _answer.Thinking, FinishReasons = _answer.FinishReasons },
        };
    }

    /// <summary>The canonical messages that went in, and the one that came out: <c>output</c>, else the last of the assistant.</summary>
    private (string? Input, JsonElement? Answer) Messages(JsonElement told)
    {
        var answer = Json.Get(told, "output");
        _messages.Start();
        if (Json.Get(told, "messages") is { ValueKind: JsonValueKind.Array } list)
        {
            var all = list.EnumerateArray().ToList();
            if (answer is null && all is [.., var last] && Json.Text(last, "role") == "assistant")
            {
                answer = last;
                all.RemoveAt(all.Count - 1);
            }

            foreach (var one in all) MessageShapes.Read(one, "user", _messages);
        }
        else if (Json.Get(told, "input") is { } input) MessageShapes.Read(input, "user", _messages);

        return (_messages.Finish(), answer);
    }

    private Span Bare(SpanId span, SpanId? parent, SpanKind kind, string name, DateTimeOffset start, TimeSpan duration) => new()
    {
        TraceId = trace,
        SpanId = span,
        ParentId = parent,
        Kind = kind,
        Name = name,
        Start = start,
        Duration = duration,
        Agent = defaults.Agent ?? Json.Text(record, "agent") ?? "imported",
        Version = Json.Text(record, "version") is { } version ? new VersionId(version) : null,
        Purpose = Purpose.Production,
        Conversation = Json.Plain(Json.Get(record, "conversation")),
        User = Json.Plain(Json.Get(record, "user")),
        Environment = Json.Text(record, "environment"),
    };

    private SpanId SpanOf(string own) => ImportIds.Span(PlainImport.FormatName, id, own);

    private static SpanKind Kind(JsonElement step, int index)
    {
        var word = Json.Text(step, "kind") ?? "other";
        return Enum.TryParse<SpanKind>(word.Replace("_", "", StringComparison.Ordinal), ignoreCase: true, out var kind) && !char.IsAsciiDigit(word[0])
            ? kind
            : throw new ImportFault($"spans[{index}] has the kind '{word}'; known: agent, model, tool, retrieval, embedding, guardrail, chain, other and the rest of the guide's list");
    }

    private static TokenUsage? Usage(JsonElement told)
    {
        if (Json.Get(told, "usage") is not { ValueKind: JsonValueKind.Object } usage) return null;
        var (input, output) = (Json.Count(usage, "input", "input_tokens", "prompt_tokens"), Json.Count(usage, "output", "output_tokens", "completion_tokens"));
        var (read, write, reasoning) = (Json.Count(usage, "cache_read"), Json.Count(usage, "cache_write"), Json.Count(usage, "reasoning"));
        if (input is null && output is null) return null;
        // Input and output are told whole here; our counts exclude each other.
        return new TokenUsage
        {
            InputUncached = input is null ? null : Math.Max(0, input.Value - (read ?? 0) - (write ?? 0)),
            CacheRead = read,
            CacheWrite = write,
            OutputText = output is null ? null : Math.Max(0, output.Value - (reasoning ?? 0)),
            OutputReasoning = reasoning,
        };
    }

    private static Usd? Cost(JsonElement told) =>
        Json.Number(told, "cost_usd") is { } dollars ? dollars is >= 0 and < MostDollars ? Usd.FromDollars((decimal)dollars) : throw new ImportFault($"cost_usd is {dollars}") : null;

    private static DateTimeOffset? Time(JsonElement told, string name)
    {
        if (Json.Get(told, name) is not { ValueKind: not JsonValueKind.Null } value) return null;
        if (value.ValueKind == JsonValueKind.String
            && DateTimeOffset.TryParse(value.GetString(), CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal | DateTimeStyles.AdjustToUniversal, out var time))
        {
            return time;
        }

        throw new ImportFault($"{name} is {value.GetRawText()}, which is no time; write it like 2026-01-31T12:00:00Z");
    }

    private static TimeSpan Duration(JsonElement told, DateTimeOffset start)
    {
        if (Json.Number(told, "duration_ms") is { } milliseconds) return milliseconds is >= 0 and < 1e12 ? TimeSpan.FromMilliseconds(milliseconds) : throw new ImportFault($"duration_ms is {milliseconds}");
        start = Time(told, "start") ?? start;
        return Time(told, "end") is not { } end ? TimeSpan.Zero : end >= start ? end - start : throw new ImportFault("it ends before it starts");
    }

    private static string? Plain(JsonElement told, string name) => Json.Plain(Json.Get(told, name));

    private static Dictionary<string, string> Attributes(JsonElement told)
    {
        var attributes = new Dictionary<string, string>();
        if (Json.Get(told, "attributes") is not { ValueKind: JsonValueKind.Object } own) return attributes;
        foreach (var attribute in own.EnumerateObject())
            if (Json.Plain(attribute.Value) is { } text) attributes[attribute.Name] = text;
        return attributes;
    }

    private string? LastOfUser(string? input)
    {
        if (input is null) return null;
        using var document = JsonDocument.Parse(input);
        _messages.Start();
        MessageShapes.Read(document.RootElement, "user", _messages);
        _messages.Finish();
        return _messages.LastUserText;
    }
}
