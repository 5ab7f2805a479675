using System.Text;
using System.Text.Json;
using Espalier.Gateway.Formats.Json;
using Espalier.Gateway.Formats.Neutral;

namespace Espalier.Gateway.Policies.Checks;

/// <summary>What an answer says, in no vendor's words.</summary>
/// <param name="Text">All text of its first answer.</param>
/// <param name="Calls">The tools that it asks for.</param>
/// <param name="Offered">The tools that it was offered.</param>
internal sealed record ReplyFacts(string Text, IReadOnlyList<Part.Call> Calls, IReadOnlyList<Tool> Offered)
{
    /// <summary>Answers that mean the same have the same: case, white space and marks at the ends do not count, nor does the order of a call's arguments.</summary>
    public string Normalised => string.Join('\n', Calls.Select(call => $"{call.Name}{Canonical(call.Arguments)}").Prepend(
        string.Join(' ', Text.ToLowerInvariant().Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries)).Trim('.', '!', '"', '\'', '`', ' ')));

    public static ReplyFacts Of(NeutralReply reply, IReadOnlyList<Tool> offered) =>
        reply.Answers.Count > 0 ? Of(reply.Answers[0], offered) : new ReplyFacts("", [], offered);

    public static ReplyFacts Of(Answer answer, IReadOnlyList<Tool> offered) =>
        new(string.Concat(answer.Parts.OfType<Part.Text>().Select(part => part.Content)), [.. answer.Parts.OfType<Part.Call>()], offered);

    /// <summary>JSON with its members in order and no white space; what is no JSON stays as it is.</summary>
    public static string Canonical(string json)
    {
        try
        {
            var parsed = JsonRead.Parse(Encoding.UTF8.GetBytes(json));
            return Encoding.UTF8.GetString(Wire.Write(writer => WriteSorted(writer, parsed)).Span);
        }
        catch (JsonException)
        {
            return json;
        }
    }

    private static void WriteSorted(Utf8JsonWriter writer, JsonElement json)
    {
        switch (json.ValueKind)
        {
            case JsonValueKind.Object:
                writer.WriteStartObject();
                foreach (var member in json.EnumerateObject().OrderBy(member => member.Name, StringComparer.Ordinal))
                {
                    writer.WritePropertyName(member.Name);
                    WriteSorted(writer, member.Value);
                }

                writer.WriteEndObject();
                break;
            case JsonValueKind.Array:
                writer.WriteStartArray();
                foreach (var item in json.EnumerateArray()) WriteSorted(writer, item);
                writer.WriteEndArray();
                break;
            default:
                json.WriteTo(writer);
                break;
        }
    }
}
