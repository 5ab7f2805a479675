using System.Text;
using System.Text.Json;
using Espalier.Gateway.Accounting.Usage;
using Espalier.Gateway.Formats.Events;

namespace Espalier.Gateway.Formats.Readings;

/// <summary>What the gateway notes about one reply, whole or streamed. Reads a copy; the bytes go through as they came.</summary>
internal abstract class ReplyReading(UsageReader usage)
{
    private readonly Pieces _text = new();
    private readonly Pieces _toolCalls = new();
    private string? _calls;
    private double _logprobs;
    private int _tokens;
    private double _means;
    private int _pieces;
    private ReportedUsage? _reported;

    public string? FinishReason { get; protected set; }

    /// <summary>The error that came inside an answer; null when there was none.</summary>
    public string? Error { get; protected set; }

    /// <summary>Bytes of output that arrived.</summary>
    public long OutputBytes { get; private set; }

    /// <summary>True once there was content, or an end: announcements of an answer are none.</summary>
    public bool HasBegun { get => field || IsComplete || Error is not null; private set; }

    /// <summary>True once the reply said that it was over. A stream that ends before was cut off.</summary>
    public bool IsComplete { get; protected set; }

    /// <summary>The answer's text, or its tool calls as JSON when it has none.</summary>
    public string Output => _text.Length > 0 || _toolCalls.Length == 0 ? _text.ToString() : _calls ??= $"[{_toolCalls}]";

    /// <summary>exp of the mean log probability of the answer's tokens; null when the provider gave none.</summary>
    public double? Confidence => _tokens > 0 ? Math.Exp(_logprobs / _tokens) : _pieces > 0 ? Math.Exp(_means / _pieces) : null;

    /// <summary>The tokens themselves, as far as the provider told them.</summary>
    public TokenCapture Tokens { get; } = new();

    /// <summary>What the provider said that it used.</summary>
    public ReportedUsage Usage => _reported ??= usage.Report();

    /// <summary>False when the bytes are no reply of this format.</summary>
    public bool TryReadWhole(ReadOnlyMemory<byte> body)
    {
        try
        {
            var json = new Utf8JsonReader(body.Span, Json.WireReader.Options);
            if (!json.Read() || json.TokenType != JsonTokenType.StartObject || !ReadWhole(ref json)) return false;
            // Anything behind the object is an error that the reader reports itself.
            json.Read();
            usage.ReadBody(body.Span);
            IsComplete = true;
            return true;
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException)
        {
            return false;
        }
    }

    /// <summary>Reads one event; true when it carries nothing but usage.</summary>
    /// <exception cref="BrokenReplyException">The event is no JSON object.</exception>
    public bool ReadEvent(StreamEvent streamed)
    {
        if (streamed.Data.IsEmpty) return false;
        if (streamed.IsDone)
        {
            IsComplete = true;
            return false;
        }

        try
        {
            var json = new Utf8JsonReader(streamed.Data.Span, Json.WireReader.Options);
            if (!json.Read() || json.TokenType != JsonTokenType.StartObject) throw new BrokenReplyException();
            var onlyUsage = ReadEvent(ref json);
            json.Read();
            usage.ReadEvent(streamed.Data.Span);
            return onlyUsage;
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException)
        {
            throw new BrokenReplyException();
        }
    }

    /// <summary>Reads a whole reply; the reader stands inside its object and must end on its last token. False when it is none.</summary>
    protected abstract bool ReadWhole(ref Utf8JsonReader json);

    /// <summary>Reads an event; the reader stands inside its object and must end on its last token.</summary>
    protected abstract bool ReadEvent(ref Utf8JsonReader json);

    protected void AddText(ref Utf8JsonReader json)
    {
        json.Read();
        if (json.TokenType == JsonTokenType.String) _text.Add(json.GetString()!);
        else json.Skip();
    }

    /// <summary>Notes the value that the reader stands before as a tool call.</summary>
    protected void AddToolCall(string json)
    {
        _calls = null;
        if (_toolCalls.Length > 0) _toolCalls.Add(",");
        _toolCalls.Add(json);
    }

    protected void AddOutput(long bytes) => OutputBytes += bytes;

    /// <summary>Content has come.</summary>
    protected void Begin() => HasBegun = true;

    protected void AddLogprob(double logprob, long? id = null)
    {
        _logprobs += Math.Min(0, logprob);
        _tokens++;
        Tokens.Add(logprob, id);
    }

    /// <summary>Notes a mean over an answer's tokens, of a provider that tells no more.</summary>
    protected void AddMean(double logprob)
    {
        _means += Math.Min(0, logprob);
        _pieces++;
    }

    /// <summary>Reads one token: an object with its log probability, and perhaps its id. The reader stands inside it and ends on its last token.</summary>
    protected void ReadToken(ref Utf8JsonReader json, ReadOnlySpan<byte> probability, ReadOnlySpan<byte> number)
    {
        double? logprob = null;
        long? id = null;
        while (NextMember(ref json))
        {
            if (json.ValueTextEquals(probability))
            {
                json.Read();
                if (json.TokenType == JsonTokenType.Number && json.TryGetDouble(out var told)) logprob = told;
                else json.Skip();
            }
            else if (json.ValueTextEquals(number))
            {
                json.Read();
                if (json.TokenType == JsonTokenType.Number && json.TryGetInt64(out var told)) id = told;
                else json.Skip();
            }
            else if (json.ValueTextEquals("token"u8))
            {
                var spelt = TokenCapture.IdOf(ReadText(ref json));
                id ??= spelt;
            }
            else SkipValue(ref json);
        }

        if (logprob is { } known) AddLogprob(known, id);
    }

    /// <summary>Reads the value of <c>error</c>: an object with a message, or anything else that is not null.</summary>
    protected void ReadError(ref Utf8JsonReader json)
    {
        json.Read();
        if (json.TokenType == JsonTokenType.Null) return;
        Error ??= "The model server told of an error without saying which.";
        if (json.TokenType == JsonTokenType.String) Error = json.GetString();
        if (json.TokenType != JsonTokenType.StartObject)
        {
            json.Skip();
            return;
        }

        while (json.Read() && json.TokenType == JsonTokenType.PropertyName)
        {
            var isMessage = json.ValueTextEquals("message"u8);
            json.Read();
            if (isMessage && json.TokenType == JsonTokenType.String) Error = json.GetString();
            else json.Skip();
        }
    }

    protected static string? ReadText(ref Utf8JsonReader json)
    {
        json.Read();
        if (json.TokenType == JsonTokenType.String) return json.GetString();
        json.Skip();
        return null;
    }

    /// <summary>Moves into the value when it is of that kind; steps over any other.</summary>
    protected static bool Enter(ref Utf8JsonReader json, JsonTokenType start)
    {
        json.Read();
        if (json.TokenType == start) return true;
        json.Skip();
        return false;
    }

    protected static void SkipValue(ref Utf8JsonReader json)
    {
        json.Read();
        json.Skip();
    }

    /// <summary>Moves to the next member; false at the object's end.</summary>
    protected static bool NextMember(ref Utf8JsonReader json) => json.Read() && json.TokenType == JsonTokenType.PropertyName;

    /// <summary>Moves into the next object of an array, stepping over what is none; false at the array's end.</summary>
    protected static bool NextObject(ref Utf8JsonReader json)
    {
        while (json.Read() && json.TokenType != JsonTokenType.EndArray)
        {
            if (json.TokenType == JsonTokenType.StartObject) return true;
            json.Skip();
        }

        return false;
    }
}
