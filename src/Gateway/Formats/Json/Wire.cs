using System.Buffers;
using System.Text.Encodings.Web;
using System.Text.Json;

namespace Espalier.Gateway.Formats.Json;

/// <summary>Writing JSON of the wire.</summary>
internal static class Wire
{
    // Escaping what only HTML needs would change how clients' text looks in their own logs.
    private static readonly JsonWriterOptions Plain = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping, SkipValidation = false };

    public static ReadOnlyMemory<byte> Write(Action<Utf8JsonWriter> write)
    {
        var buffer = new ArrayBufferWriter<byte>(512);
        using (var json = new Utf8JsonWriter(buffer, Plain)) write(json);
        return buffer.WrittenMemory;
    }

    public static ReadOnlyMemory<byte> String(string value) => Write(json => json.WriteStringValue(value));
}
