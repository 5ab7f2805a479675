using System.Buffers;
using System.Text.Encodings.Web;
using System.Text.Json;

namespace Espalier.Core.Traces.Otlp;

/// <summary>What decoding needs again and again. Not thread-safe.</summary>
internal sealed class DecodeScratch
{
    private readonly ArrayBufferWriter<byte> _buffer = new(1_024);

    public DecodeScratch(Func<string, uint> dialectsOf)
    {
        Keys = new KeyPool(dialectsOf);
        Writer = new Utf8JsonWriter(_buffer, new JsonWriterOptions { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping, SkipValidation = true, MaxDepth = 1_000 });
    }

    public KeyPool Keys { get; }

    public OtlpEntry Item { get; } = new();

    public OtlpResource Resource { get; } = new();

    public Utf8JsonWriter Writer { get; }

    /// <summary>What was written since the last call.</summary>
    public byte[] TakeWritten()
    {
        Writer.Flush();
        var bytes = _buffer.WrittenSpan.ToArray();
        if (_buffer.Capacity > 1 << 20) _buffer.Clear();
        _buffer.ResetWrittenCount();
        Writer.Reset();
        return bytes;
    }

    public void Clear()
    {
        Item.Clear();
        Resource.Clear();
    }
}
