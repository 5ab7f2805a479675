using System.Buffers;
using System.Text;
using System.Text.Json;
using System.Text.Unicode;
using Espalier.Gateway.Formats.Json;
using Espalier.Gateway.Formats.Prompts;
using Espalier.Gateway.Ingress;

namespace Espalier.Gateway.Formats;

/// <summary>A request of any wire format: its bytes as they came, where each member lies, and a reading of those that the gateway needs.</summary>
internal sealed class WireRequest
{
    private static readonly ReadOnlyMemory<byte> Begin = "["u8.ToArray();
    private static readonly ReadOnlyMemory<byte> Comma = ","u8.ToArray();
    private static readonly ReadOnlyMemory<byte> EndOfObject = "}"u8.ToArray();
    private static readonly ReadOnlyMemory<byte> End = "]"u8.ToArray();

    public required IWireFormat Format { get; init; }

    public required RequestTarget Target { get; init; }

    public required JsonMembers Members { get; init; }

    public ReadOnlyMemory<byte> Body => Members.Json;

    public string Model { get; set; } = "";

    public Prompt Prompt { get; set; } = null!;

    public bool Stream { get; set; }

    /// <summary>Whether the client wants to see a stream's usage where the format leaves that to it.</summary>
    public bool IncludeUsage { get; set; }

    public bool Logprobs { get; set; }

    public int Choices { get; set; } = 1;

    /// <summary>Most tokens of output that the client asked for; null when it set no limit.</summary>
    public long? MaxTokens { get; set; }

    /// <summary>An earlier reply that the provider keeps and this request goes on from.</summary>
    public string? PreviousReply { get; set; }

    /// <summary>Headers of the format that a provider of the same format is to see.</summary>
    public IReadOnlyList<KeyValuePair<string, string>> Headers { get; set; } = [];

    /// <summary>Reads a member's value; stands on its first token and must end on its last.</summary>
    public delegate void MemberReader(string name, WireRequest request, ref Utf8JsonReader reader);

    /// <summary>Goes over the members of a body once.</summary>
    /// <exception cref="CallRefusal">The body is no JSON object; the message says where.</exception>
    public static WireRequest Scan(IWireFormat format, ReadOnlyMemory<byte> body, RequestTarget target, MemberReader read)
    {
        if (!IsUnicode(body.Span)) throw CallRefusal.NotUnicode();
        var request = new WireRequest
        {
            Format = format,
            Target = target,
            Members = new JsonMembers(body),
            Model = target.Model ?? "",
            Stream = target.Stream ?? false,
        };
        try
        {
            request.Read(read);
        }
        catch (JsonException e)
        {
            throw CallRefusal.Invalid(
                $"The request body is not valid JSON: line {e.LineNumber + 1}, byte {e.BytePositionInLine + 1} of that line. Send one JSON object.");
        }
        catch (InvalidOperationException)
        {
            throw CallRefusal.NotUnicode();
        }

        if (request.Model.Length == 0) throw CallRefusal.Invalid("The request lacks 'model'. Send the name of a model or of a model slot.", "model");
        return request;
    }

    /// <summary>The messages as JSON, for the trace.</summary>
    public static string Describe(Prompt prompt)
    {
        // Joined as bytes, so that the text that the trace keeps is the only copy that is left.
        var parts = new List<ReadOnlyMemory<byte>>(2 * prompt.Messages.Count + 1);
        foreach (var message in prompt.Messages)
        {
            parts.Add(parts.Count == 0 ? Begin : Comma);
            // What is no object of its own on the wire is told as one.
            if (message.IsApart || message.Raw.Span[0] != (byte)'{')
            {
                parts.Add(Encoding.UTF8.GetBytes($"{{\"role\":\"{message.Role}\",\"content\":"));
                parts.Add(message.Raw[message.Content]);
                parts.Add(EndOfObject);
            }
            else parts.Add(message.Raw);
        }

        if (parts.Count == 0) return "[]";
        parts.Add(End);
        var bytes = ArrayPool<byte>.Shared.Rent(parts.Sum(part => part.Length));
        var length = 0;
        foreach (var part in parts)
        {
            part.CopyTo(bytes.AsMemory(length));
            length += part.Length;
        }

        var text = Encoding.UTF8.GetString(bytes, 0, length);
        ArrayPool<byte>.Shared.Return(bytes);
        return text;
    }

    // Bytes that are no UTF-8, or an escape that is half of a pair: only the rare body with such an escape is read through for it.
    private static bool IsUnicode(ReadOnlySpan<byte> body)
    {
        if (!Utf8.IsValid(body)) return false;
        if (body.IndexOf("\\ud"u8) < 0 && body.IndexOf("\\uD"u8) < 0) return true;
        try
        {
            var reader = new Utf8JsonReader(body, WireReader.Options);
            while (reader.Read())
                if (reader.TokenType is JsonTokenType.String or JsonTokenType.PropertyName && reader.ValueIsEscaped) reader.GetString();
            return true;
        }
        catch (InvalidOperationException)
        {
            return false;
        }
        catch (JsonException)
        {
            // Said with its place by whoever reads the members.
            return true;
        }
    }

    private void Read(MemberReader read)
    {
        var reader = new Utf8JsonReader(Body.Span, WireReader.Options);
        reader.Read();
        if (reader.TokenType != JsonTokenType.StartObject) throw CallRefusal.Invalid("The request body is not a JSON object. Send one JSON object.");
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            var (name, at) = (reader.GetString()!, (int)reader.TokenStartIndex);
            if (Members.Has(name)) throw CallRefusal.Invalid($"The request has '{name}' twice. Send it once.", name);
            reader.Read();
            var start = (int)reader.TokenStartIndex;
            read(name, this, ref reader);
            Members.Add(name, at, start..(int)reader.BytesConsumed);
        }

        // Anything but white space behind the object is an error that the reader reports itself.
        reader.Read();
    }
}
