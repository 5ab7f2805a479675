using System.Text;
using System.Text.Json;

namespace Espalier.Gateway.Ingress.OpenAiChat;

/// <summary>A chat completions request: its bytes as they came, where each member lies, and a reading of those that the gateway needs.</summary>
/// <remarks>Nothing is ever rebuilt from types: a changed request is the old bytes with some members replaced.</remarks>
internal sealed class ChatRequest
{
    private static readonly JsonReaderOptions Options = new() { MaxDepth = 256 };

    private readonly List<(string Name, Range Value)> _members = [];

    private ChatRequest(ReadOnlyMemory<byte> body) => Body = body;

    public ReadOnlyMemory<byte> Body { get; }

    public string Model { get; private set; } = "";

    public IReadOnlyList<ChatMessage> Messages { get; private set; } = [];

    public bool Stream { get; private set; }

    public bool IncludeUsage { get; private set; }

    public bool Logprobs { get; private set; }

    public int Choices { get; private set; } = 1;

    /// <summary>Most tokens of output that the client asked for; null when it set no limit.</summary>
    public long? MaxTokens { get; private set; }

    /// <summary>Position of the last user message, -1 when there is none.</summary>
    public int LastUserIndex { get; private set; } = -1;

    /// <exception cref="ChatRefusal">The body is not such a request; the message says where.</exception>
    public static ChatRequest Parse(ReadOnlyMemory<byte> body)
    {
        var request = new ChatRequest(body);
        try
        {
            request.Read();
        }
        catch (JsonException e)
        {
            throw ChatRefusal.Invalid(
                $"The request body is not valid JSON: line {e.LineNumber + 1}, byte {e.BytePositionInLine + 1} of that line. Send one JSON object.");
        }
        catch (InvalidOperationException)
        {
            throw ChatRefusal.Invalid("The request body holds text that is not valid UTF-8 or half a surrogate pair. Send valid Unicode.");
        }

        if (request.Model.Length == 0) throw ChatRefusal.Invalid("The request lacks 'model'. Send the name of a model or of a model slot.", "model");
        if (request.Messages.Count == 0) throw ChatRefusal.Invalid("The request lacks 'messages'. Send at least one message.", "messages");
        return request;
    }

    /// <summary>The bytes with members replaced, added or (null) removed. No edits give the very same bytes.</summary>
    public ReadOnlyMemory<byte> Edit(IReadOnlyDictionary<string, ReadOnlyMemory<byte>?> edits)
    {
        if (edits.Count == 0) return Body;
        var output = new MemoryStream(Body.Length + 256);
        output.WriteByte((byte)'{');
        var first = true;
        foreach (var (name, range) in _members)
        {
            if (!edits.TryGetValue(name, out var edit)) Add(name, Body[range]);
            else if (edit is { } value) Add(name, value);
        }

        foreach (var (name, edit) in edits)
            if (edit is { } value && !Has(name)) Add(name, value);
        output.WriteByte((byte)'}');
        return output.GetBuffer().AsMemory(0, (int)output.Length);

        void Add(string name, ReadOnlyMemory<byte> value)
        {
            if (!first) output.WriteByte((byte)',');
            first = false;
            output.Write(Wire.String(name).Span);
            output.WriteByte((byte)':');
            output.Write(value.Span);
        }
    }

    public bool Has(string name) => _members.Exists(member => member.Name == name);

    /// <summary>The member's bytes; empty when it is not there.</summary>
    public ReadOnlyMemory<byte> Value(string name) => Body[_members.Find(member => member.Name == name).Value];

    private void Read()
    {
        var reader = new Utf8JsonReader(Body.Span, Options);
        reader.Read();
        if (reader.TokenType != JsonTokenType.StartObject) throw ChatRefusal.Invalid("The request body is not a JSON object. Send one JSON object.");
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            var name = reader.GetString()!;
            if (Has(name)) throw ChatRefusal.Invalid($"The request has '{name}' twice. Send it once.", name);
            reader.Read();
            var start = (int)reader.TokenStartIndex;
            ReadMember(name, ref reader);
            _members.Add((name, start..(int)reader.BytesConsumed));
        }

        // Anything but white space behind the object is an error that the reader reports itself.
        reader.Read();
    }

    private void ReadMember(string name, ref Utf8JsonReader reader)
    {
        switch (name)
        {
            case "model":
                Model = reader.TokenType == JsonTokenType.String ? reader.GetString()! : throw Wrong(name, "a string");
                break;
            case "messages":
                ReadMessages(ref reader);
                break;
            case "stream":
                Stream = ReadFlag(name, ref reader);
                break;
            case "logprobs":
                Logprobs = ReadFlag(name, ref reader);
                break;
            case "n":
                Choices = (int)(ReadCount(name, ref reader, 128) ?? 1);
                break;
            case "max_tokens" or "max_completion_tokens":
                MaxTokens = ReadCount(name, ref reader, int.MaxValue) ?? MaxTokens;
                break;
            case "stream_options" when reader.TokenType == JsonTokenType.StartObject:
                while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
                {
                    var isUsage = reader.ValueTextEquals("include_usage"u8);
                    reader.Read();
                    if (isUsage) IncludeUsage = reader.TokenType == JsonTokenType.True;
                    reader.Skip();
                }

                break;
            default:
                reader.Skip();
                break;
        }
    }

    private void ReadMessages(ref Utf8JsonReader reader)
    {
        if (reader.TokenType != JsonTokenType.StartArray) throw Wrong("messages", "an array");
        var messages = new List<ChatMessage>();
        while (reader.Read() && reader.TokenType != JsonTokenType.EndArray)
        {
            if (reader.TokenType != JsonTokenType.StartObject) throw Wrong($"messages[{messages.Count}]", "an object");
            var message = ReadMessage(ref reader, messages.Count);
            if (message.Role == "user") LastUserIndex = messages.Count;
            messages.Add(message);
        }

        Messages = messages;
    }

    private ChatMessage ReadMessage(ref Utf8JsonReader reader, int position)
    {
        var start = (int)reader.TokenStartIndex;
        string? role = null;
        var text = "";
        Range content = default;
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            var (isRole, isContent) = (reader.ValueTextEquals("role"u8), reader.ValueTextEquals("content"u8));
            reader.Read();
            var at = (int)reader.TokenStartIndex;
            if (isRole && reader.TokenType == JsonTokenType.String) role = reader.GetString();
            else if (isContent && reader.TokenType == JsonTokenType.String) text = reader.GetString()!;
            else if (isContent && reader.TokenType == JsonTokenType.StartArray) text = ReadParts(ref reader);
            else reader.Skip();
            if (isContent) content = (at - start)..((int)reader.BytesConsumed - start);
        }

        if (role is null) throw Wrong($"messages[{position}].role", "a string: system, developer, user, assistant or tool");
        return new ChatMessage { Role = role, Text = text, Raw = Body[start..(int)reader.BytesConsumed], Content = content };
    }

    private static string ReadParts(ref Utf8JsonReader reader)
    {
        var text = new StringBuilder();
        while (reader.Read() && reader.TokenType != JsonTokenType.EndArray)
        {
            if (reader.TokenType != JsonTokenType.StartObject)
            {
                reader.Skip();
                continue;
            }

            while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
            {
                var isText = reader.ValueTextEquals("text"u8);
                reader.Read();
                if (isText && reader.TokenType == JsonTokenType.String)
                {
                    if (text.Length > 0) text.Append('\n');
                    text.Append(reader.GetString());
                }
                else reader.Skip();
            }
        }

        return text.ToString();
    }

    private static bool ReadFlag(string name, ref Utf8JsonReader reader) => reader.TokenType switch
    {
        JsonTokenType.True => true,
        JsonTokenType.False or JsonTokenType.Null => false,
        _ => throw Wrong(name, "true or false"),
    };

    private static long? ReadCount(string name, ref Utf8JsonReader reader, long most)
    {
        if (reader.TokenType == JsonTokenType.Null) return null;
        if (reader.TokenType == JsonTokenType.Number && reader.TryGetInt64(out var value) && value >= 1 && value <= most) return value;
        throw Wrong(name, $"a whole number from 1 to {most}");
    }

    private static ChatRefusal Wrong(string param, string right) => ChatRefusal.Invalid($"'{param}' has the wrong type or value: it must be {right}.", param);
}
