using System.Globalization;
using System.Text.Json;
using Espalier.Contracts.Agents;
using Espalier.Contracts.Traces;
using Espalier.Core.Traces.Messages;

namespace Espalier.Core.Traces.Imports.TauBench;

/// <summary>Builds the spans of one session, message by message.</summary>
internal sealed class TauBenchSession(TraceId trace, string id, string agent, string? model, DateTimeOffset start)
{
    private static readonly TimeSpan Step = TimeSpan.FromSeconds(1);

    private readonly List<Span> _spans = [];
    private readonly List<string> _canonical = [];
    private readonly List<RequestedTool> _asked = [];
    private readonly CanonicalMessages _messages = new();
    private readonly ModelAnswer _answer = new();
    private int _count;
    private string? _request, _reply;

    public DateTimeOffset End => start + (_count * Step);

    public void Add(JsonElement message)
    {
        var role = Json.Text(message, "role");
        if (role == "assistant") AddAnswer(message);
        else if (role == "tool") AddResult(message);
        else if (role == "user") _request ??= Json.Plain(Json.Get(message, "content"));
        _messages.Start(isOne: true);
        MessageShapes.Read(message, role ?? "user", _messages);
        if (_messages.Finish() is { } canonical) _canonical.Add(canonical);
        _count++;
    }

    /// <summary>All spans, the agent's first.</summary>
    public IReadOnlyList<Span> Spans(Dictionary<string, string> attributes) =>
    [
        Span("session", SpanKind.Agent, "session", null) with
        {
            Start = start, Duration = End - start, Input = _request, Output = _reply, Attributes = attributes,
        },
        .. _spans,
    ];

    private void AddAnswer(JsonElement message)
    {
        _answer.Start();
        MessageShapes.Read(message, "assistant", _answer);
        var tools = _answer.Tools ?? [];
        _asked.AddRange(tools);
        if (_answer.Text is { } text) _reply = text;
        _spans.Add(Span("message", SpanKind.Model, model is null ? "chat" : $"chat {model}", Root) with
        {
            Model = model,
            ModelRequested = model,
            Input = $"[{string.Join(',', _canonical)}]",
            Output = _answer.Text,
            CostReason = "the file has no usage",
            Details = new SpanDetails { Operation = "chat", RequestedTools = tools, Thinking = _answer.Thinking },
        });
    }

    private void AddResult(JsonElement message)
    {
        // Models use an id again; the last call of that id before the result is meant.
        var call = Json.Text(message, "tool_call_id");
        var asked = _asked.FindLast(one => one.Id == call) ?? _asked.LastOrDefault();
        var name = Json.Text(message, "name") ?? asked?.Name ?? "tool";
        var result = Json.Plain(Json.Get(message, "content"));
        _spans.Add(Span("message", SpanKind.Tool, name, Root) with
        {
            Input = asked?.Arguments,
            Output = result,
            Error = result?.StartsWith("Error", StringComparison.Ordinal) == true ? result : null,
            Details = new SpanDetails { Operation = "execute_tool", Tool = name, ToolCallId = call },
        });
    }

    private SpanId Root => ImportIds.Span(TauBenchImport.FormatName, id, "session");

    private Span Span(string part, SpanKind kind, string name, SpanId? parent) => new()
    {
        TraceId = trace,
        SpanId = parent is null ? Root : ImportIds.Span(TauBenchImport.FormatName, id, string.Create(CultureInfo.InvariantCulture, $"{part} {_count}")),
        ParentId = parent,
        Kind = kind,
        Name = name,
        Start = start + (_count * Step),
        Duration = Step,
        Agent = agent,
        Purpose = Purpose.Production,
        Conversation = id,
    };
}
