using System.Globalization;
using System.Text.Json;
using Espalier.Contracts.Shared;
using Espalier.Contracts.Traces;
using Espalier.Core.Traces.Messages;
using Espalier.Core.Traces.Otlp;

namespace Espalier.Core.Traces.Dialects;

/// <summary>A canonical span in the making: what the dialects found so far. Whoever comes first is believed.</summary>
/// <remarks>Reused from span to span. Not thread-safe.</remarks>
public sealed class SpanDraft
{
    private readonly CanonicalMessages _canonical = new();
    private readonly ModelAnswer _answer = new();

    public OtlpEntry Item { get; internal set; } = null!;

    public AttributeSet Attributes => Item.Attributes;

    /// <summary>Settled before anything else is read; null while it is asked for.</summary>
    public SpanKind? Kind { get; set; }

    public string? Operation { get; set; }

    public string? Conversation { get; set; }

    public string? User { get; set; }

    public string? Agent { get; set; }

    public string? AgentName { get; set; }

    public string? AgentVersion { get; set; }

    public string? Version { get; set; }

    /// <summary>A name for the whole, to fall back on where nobody names the agent.</summary>
    public string? Workflow { get; set; }

    public string? PromptName { get; set; }

    public string? PromptVersion { get; set; }

    public string? Provider { get; set; }

    public string? ModelRequested { get; set; }

    public string? Model { get; set; }

    public string? ResponseId { get; set; }

    public UsageDraft Usage { get; } = new();

    public Usd? Cost { get; set; }

    public string? Input { get; set; }

    public string? Output { get; set; }

    public string? Thinking { get; set; }

    public IReadOnlyList<RequestedTool>? RequestedTools { get; set; }

    public string? ToolDefinitions { get; set; }

    public IReadOnlyList<string>? FinishReasons { get; set; }

    public bool? Streaming { get; set; }

    public TimeSpan? TimeToFirstToken { get; set; }

    public string? Tool { get; set; }

    public string? ToolCallId { get; set; }

    public IReadOnlyList<RetrievedDocument>? Documents { get; set; }

    public Handoff? Handoff { get; set; }

    public bool? GuardrailTriggered { get; set; }

    public string? Error { get; set; }

    public int? HttpStatus { get; set; }

    public string? Environment { get; set; }

    public IReadOnlyList<string>? Tags { get; set; }

    public List<Feedback> Feedback { get; } = [];

    public List<string> Oddities { get; } = [];

    /// <summary>What a reader leaves of the attribute that it just read: kept in the attribute's place. Null to keep nothing of it.</summary>
    internal string? Remainder { get; set; }

    /// <summary>Instructions told apart from the messages; they go before them.</summary>
    internal string? Instructions { get; set; }

    internal void Start(OtlpEntry item)
    {
        Item = item;
        Kind = null;
        Operation = Conversation = User = Agent = AgentName = AgentVersion = Version = Workflow = PromptName = PromptVersion = Provider = ModelRequested = Model = ResponseId = null;
        Usage.Clear();
        Cost = null;
        Input = Output = Thinking = ToolDefinitions = Tool = ToolCallId = Error = Environment = Instructions = null;
        RequestedTools = null;
        FinishReasons = Tags = null;
        Streaming = GuardrailTriggered = null;
        TimeToFirstToken = null;
        Documents = null;
        Handoff = null;
        HttpStatus = null;
        Feedback.Clear();
        Oddities.Clear();
    }

    /// <summary>Fills a field with a value as it stands. True when the value has found its place, false when another was there first.</summary>
    public bool Set(SpanField field, AttributeValue value)
    {
        switch (field)
        {
            case SpanField.InputTokens: return Set(value.AsCount(), Usage.Input, count => Usage.Input = count);
            case SpanField.OutputTokens: return Set(value.AsCount(), Usage.Output, count => Usage.Output = count);
            case SpanField.CacheReadTokens: return Set(value.AsCount(), Usage.CacheRead, count => Usage.CacheRead = count);
            case SpanField.CacheWriteTokens: return Set(value.AsCount(), Usage.CacheWrite, count => Usage.CacheWrite = count);
            case SpanField.CacheWriteHourTokens: return Set(value.AsCount(), Usage.CacheWriteHour, count => Usage.CacheWriteHour = count);
            case SpanField.InputAudioTokens: return Set(value.AsCount(), Usage.InputAudio, count => Usage.InputAudio = count);
            case SpanField.ReasoningTokens: return Set(value.AsCount(), Usage.Reasoning, count => Usage.Reasoning = count);
            case SpanField.OutputAudioTokens: return Set(value.AsCount(), Usage.OutputAudio, count => Usage.OutputAudio = count);
            case SpanField.HttpStatus: return Set(value.AsCount() is >= 100 and < 600 and var code ? (int)code : null, HttpStatus, status => HttpStatus = status);
            case SpanField.Streaming: return Set(value.AsBool(), Streaming, isStreaming => Streaming = isStreaming);
            case SpanField.GuardrailTriggered: return Set(value.AsBool(), GuardrailTriggered, isTriggered => GuardrailTriggered = isTriggered);
            case SpanField.Cost: return SetCost(value.AsNumber());
            case SpanField.FinishReasons: return SetList(value, FinishReasons, list => FinishReasons = list);
            case SpanField.Tags: return SetList(value, Tags, list => Tags = list);
        }

        var text = value.AsText();
        if (string.IsNullOrEmpty(text)) return false;
        var known = TextOf(field);
        if (known is not null) return known == text;
        SetText(field, text);
        return true;
    }

    /// <summary>A cost in US dollars; an amount that is negative or beyond all sense for one span is none.</summary>
    public bool SetCost(double? dollars)
    {
        if (dollars is not (>= 0 and < 1e4)) return false;
        var cost = Usd.FromDollars((decimal)dollars.Value);
        Cost ??= cost;
        return Cost == cost;
    }

    /// <summary>Notes what was odd about the span as it came.</summary>
    public void Odd(string oddity)
    {
        if (Oddities.Count < 16 && !Oddities.Contains(oddity)) Oddities.Add(oddity);
    }

    /// <summary>Parses JSON within an attribute and hands it over; false when it is none. A cut end is closed and noted.</summary>
    internal bool WithJson(AttributeValue value, string what, Func<JsonElement, bool> read)
    {
        using var document = LenientJson.Parse(value, out var wasCut);
        if (document is null) return false;
        var isWhole = read(document.RootElement);
        if (wasCut) Odd($"{what}: its JSON was cut");
        return isWhole && !wasCut;
    }

    /// <summary>What the span was given, by its kind: messages for a model, arguments for a tool, a query for a retrieval, else the request's text.</summary>
    internal bool ReadInput(AttributeValue value)
    {
        if (Input is not null) return false;
        if (Kind is SpanKind.Model or SpanKind.ModelAggregate or SpanKind.Event)
        {
            var isRead = WithJson(value, "input", told =>
            {
                if (!ReadInputMessages(told)) return false;
                var tools = Json.Get(told, "tools") is { ValueKind: JsonValueKind.Array } list ? list.GetRawText() : null;
                ToolDefinitions ??= tools;
                Remainder = Remainders.OfRequest(told, withTools: tools != ToolDefinitions);
                return true;
            });
            if (!isRead && Input is null && value.AsText() is { Length: > 0 } plain && Kind != SpanKind.Event) Input = OneMessage("user", plain);
            return isRead;
        }

        return ReadText(value, isOutput: false, text => Input = text);
    }

    /// <summary>As <see cref="ReadInput"/>, of attributes that were unfolded from many keys.</summary>
    internal bool ReadInputMessages(JsonElement told)
    {
        if (Input is not null) return false;
        _canonical.Start();
        WriteInstructions();
        MessageShapes.Read(told, "user", _canonical);
        Input = _canonical.Finish();
        return Input is not null;
    }

    /// <summary>Instructions that a convention tells apart, as a JSON text of messages or parts.</summary>
    internal bool ReadInstructions(AttributeValue value)
    {
        if (Instructions is not null) return false;
        Instructions = value.AsText();
        return Kind is SpanKind.Model;
    }

    /// <summary>Where no messages are told, the instructions are all that the model is known to have been given.</summary>
    internal void ReadInstructionsAlone()
    {
        if (Input is not null || Instructions is null || Kind != SpanKind.Model) return;
        _canonical.Start();
        WriteInstructions();
        Input = _canonical.Finish();
    }

    private void WriteInstructions()
    {
        if (string.IsNullOrEmpty(Instructions)) return;
        using var told = LenientJson.ParseText(Instructions);
        if (told is not null)
        {
            MessageShapes.Read(told.RootElement, "system", _canonical);
            return;
        }

        _canonical.Begin("system");
        _canonical.Text(Instructions);
        _canonical.End(null);
    }

    internal string OneMessage(string role, string text)
    {
        _canonical.Start();
        _canonical.Begin(role);
        _canonical.Text(text);
        _canonical.End(null);
        return _canonical.Finish()!;
    }

    /// <summary>One message by itself, for a record that tells it.</summary>
    internal string? Message(JsonElement told, string role)
    {
        _canonical.Start(isOne: true);
        MessageShapes.Read(told, role, _canonical);
        return _canonical.Finish();
    }

    /// <summary>What came out, by the span's kind: a model's answer, a tool's result, a retrieval's documents, else the answer's text.</summary>
    internal bool ReadOutput(AttributeValue value)
    {
        if (Kind is SpanKind.Model or SpanKind.ModelAggregate or SpanKind.Event)
        {
            var isRead = WithJson(value, "output", told =>
            {
                var isWhole = ReadAnswer(told);
                Remainder = Remainders.OfAnswer(told);
                return isWhole;
            });
            if (isRead || Output is not null || RequestedTools is not null) return isRead;
            Output = value.AsText() is { Length: > 0 } text ? text : null;
            return true;
        }

        if (Kind is SpanKind.Retrieval or SpanKind.Rerank)
        {
            if (Documents is not null) return false;
            if (WithJson(value, "documents", told => ReadDocuments(told))) return Documents is not null;
        }

        return Output is null && ReadText(value, isOutput: true, text => Output = text);
    }

    /// <summary>True when every part of the answer found a place.</summary>
    internal bool ReadAnswer(JsonElement told)
    {
        _answer.Start();
        MessageShapes.Read(told, "assistant", _answer);
        if (_answer.Messages == 0) return false;
        Output ??= _answer.Text;
        Thinking ??= _answer.Thinking;
        // An empty list says that it asked for none, which only an answer with something in it can say.
        if (_answer.Tools is { Count: > 0 } tools) RequestedTools ??= tools;
        else if (_answer.Text is not null) RequestedTools ??= [];
        FinishReasons ??= _answer.FinishReasons;
        return !_answer.HasMore;
    }

    internal bool ReadDocuments(JsonElement told)
    {
        if (Documents is not null) return false;
        Documents = DocumentShapes.Read(told);
        return Documents is not null;
    }

    /// <summary>The text of a value for people: a JSON text unquoted, the one text of an object, the last message of the user or the answer.</summary>
    private bool ReadText(AttributeValue value, bool isOutput, Action<string> set)
    {
        if (value.AsText() is not { Length: > 0 } raw) return false;
        using var document = LenientJson.Parse(value, out var wasCut);
        if (wasCut) Odd($"{(isOutput ? "output" : "input")}: its JSON was cut");
        if (document is null || wasCut)
        {
            set(raw);
            return true;
        }

        var told = document.RootElement;
        if (told.ValueKind == JsonValueKind.String)
        {
            if (told.GetString() is { Length: > 0 } text) set(text);
            return true;
        }

        if (Kind is SpanKind.Tool)
        {
            set(raw);
            return true;
        }

        if (PlainTexts.Of(told, isOutput, _canonical, _answer) is { } plain)
        {
            set(plain);
            return false;
        }

        set(raw);
        return true;
    }

    private static bool Set<T>(T? told, T? known, Action<T> set)
        where T : struct
    {
        if (told is not { } value) return false;
        if (known is null) set(value);
        return known is null || known.Value.Equals(value);
    }

    private static bool SetList(AttributeValue value, IReadOnlyList<string>? known, Action<IReadOnlyList<string>> set)
    {
        var list = Lists.Of(value);
        if (list.Count == 0) return false;
        if (known is null) set(list);
        return known is null || known.SequenceEqual(list);
    }

    private string? TextOf(SpanField field) => field switch
    {
        SpanField.Operation => Operation,
        SpanField.Conversation => Conversation,
        SpanField.User => User,
        SpanField.Agent => Agent,
        SpanField.AgentName => AgentName,
        SpanField.AgentVersion => AgentVersion,
        SpanField.Version => Version,
        SpanField.PromptName => PromptName,
        SpanField.PromptVersion => PromptVersion,
        SpanField.Provider => Provider,
        SpanField.ModelRequested => ModelRequested,
        SpanField.Model => Model,
        SpanField.ResponseId => ResponseId,
        SpanField.Input => Input,
        SpanField.Output => Output,
        SpanField.Thinking => Thinking,
        SpanField.ToolDefinitions => ToolDefinitions,
        SpanField.Tool => Tool,
        SpanField.ToolCallId => ToolCallId,
        SpanField.Error => Error,
        SpanField.Environment => Environment,
        _ => throw new ArgumentOutOfRangeException(nameof(field), field, "No text."),
    };

    private void SetText(SpanField field, string text)
    {
        switch (field)
        {
            case SpanField.Operation: Operation = text; break;
            case SpanField.Conversation: Conversation = text; break;
            case SpanField.User: User = text; break;
            case SpanField.Agent: Agent = text; break;
            case SpanField.AgentName: AgentName = text; break;
            case SpanField.AgentVersion: AgentVersion = text; break;
            case SpanField.Version: Version = text; break;
            case SpanField.PromptName: PromptName = text; break;
            case SpanField.PromptVersion: PromptVersion = text; break;
            case SpanField.Provider: Provider = text; break;
            case SpanField.ModelRequested: ModelRequested = text; break;
            case SpanField.Model: Model = text; break;
            case SpanField.ResponseId: ResponseId = text; break;
            case SpanField.Input: Input = text; break;
            case SpanField.Output: Output = text; break;
            case SpanField.Thinking: Thinking = text; break;
            case SpanField.ToolDefinitions: ToolDefinitions = text; break;
            case SpanField.Tool: Tool = text; break;
            case SpanField.ToolCallId: ToolCallId = text; break;
            case SpanField.Error: Error = text; break;
            case SpanField.Environment: Environment = text; break;
        }
    }
}
