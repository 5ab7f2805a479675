using System.Buffers.Binary;
using System.Text;

namespace Espalier.Ingest;

/// <summary>Protobuf, as much of it as an export needs. Remembers where the bytes are that change from one sending to the next.</summary>
internal sealed class ProtoWriter
{
    private byte[] _bytes = new byte[4096];

    public int Length { get; private set; }

    public ReadOnlySpan<byte> Written => _bytes.AsSpan(0, Length);

    public void Text(int field, string value) => Bytes(field, Encoding.UTF8.GetBytes(value));

    public void Bytes(int field, ReadOnlySpan<byte> value)
    {
        Varint((ulong)((field << 3) | 2));
        Varint((ulong)value.Length);
        Raw(value);
    }

    public void Number(int field, ulong value)
    {
        Varint((ulong)(field << 3));
        Varint(value);
    }

    /// <returns>Where the eight bytes are.</returns>
    public int Fixed(int field, ulong value)
    {
        Varint((ulong)((field << 3) | 1));
        var at = Length;
        Span<byte> eight = stackalloc byte[8];
        BinaryPrimitives.WriteUInt64LittleEndian(eight, value);
        Raw(eight);
        return at;
    }

    /// <summary>A message inside; offsets that it remembered become those of this one.</summary>
    /// <returns>Where its first byte is.</returns>
    public int Message(int field, ProtoWriter inner)
    {
        Varint((ulong)((field << 3) | 2));
        Varint((ulong)inner.Length);
        var at = Length;
        Raw(inner.Written);
        return at;
    }

    public void Attribute(int field, string key, Action<ProtoWriter> value)
    {
        var any = new ProtoWriter();
        value(any);
        var pair = new ProtoWriter();
        pair.Text(1, key);
        pair.Message(2, any);
        Message(field, pair);
    }

    private void Raw(ReadOnlySpan<byte> bytes)
    {
        Room(bytes.Length);
        bytes.CopyTo(_bytes.AsSpan(Length));
        Length += bytes.Length;
    }

    private void Varint(ulong value)
    {
        Room(10);
        for (; value >= 0x80; value >>= 7) _bytes[Length++] = (byte)(value | 0x80);
        _bytes[Length++] = (byte)value;
    }

    private void Room(int more)
    {
        if (_bytes.Length - Length < more) Array.Resize(ref _bytes, Math.Max(_bytes.Length * 2, Length + more));
    }
}
