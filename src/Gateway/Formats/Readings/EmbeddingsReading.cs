using System.Text.Json;
using Espalier.Gateway.Accounting.Usage;

namespace Espalier.Gateway.Formats.Readings;

/// <summary>Reads the reply to a request for embeddings, of which only its kind and its usage matter.</summary>
/// <param name="list">The member that holds the vectors: <c>data</c>, <c>embeddings</c> or <c>embedding</c>.</param>
internal sealed class EmbeddingsReading(string list) : ReplyReading(new EmbeddingsUsageReader())
{
    protected override bool ReadWhole(ref Utf8JsonReader json)
    {
        var found = false;
        while (NextMember(ref json))
        {
            if (json.ValueTextEquals("error"u8))
            {
                ReadError(ref json);
                continue;
            }

            found |= json.ValueTextEquals(list);
            SkipValue(ref json);
        }

        return found;
    }

    protected override bool ReadEvent(ref Utf8JsonReader json) => throw new JsonException();
}
