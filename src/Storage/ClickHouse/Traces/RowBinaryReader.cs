using System.Buffers.Binary;
using System.Text;

namespace Espalier.Storage.ClickHouse.Traces;

/// <summary>Reads what <see cref="RowBinaryWriter"/> wrote.</summary>
/// <exception cref="InvalidDataException">The bytes end too early.</exception>
internal ref struct RowBinaryReader(ReadOnlySpan<byte> bytes)
{
    private readonly ReadOnlySpan<byte> _bytes = bytes;

    public int Position { get; private set; }

    public readonly bool IsAtEnd => Position == _bytes.Length;

    public string ReadString() => Encoding.UTF8.GetString(ReadText());

    public string? ReadNullableString() => ReadBool() ? null : ReadString();

    /// <summary>The bytes of a string.</summary>
    public ReadOnlySpan<byte> ReadText() => Take(ReadLength());

    public long ReadInt64() => BinaryPrimitives.ReadInt64LittleEndian(Take(8));

    public long? ReadNullableInt64() => ReadBool() ? null : ReadInt64();

    public bool ReadBool() => Take(1)[0] != 0;

    public int ReadLength()
    {
        var length = 0L;
        for (var shift = 0; shift < 35; shift += 7)
        {
            var next = Take(1)[0];
            length |= (long)(next & 0x7F) << shift;
            if (next < 0x80) return length <= int.MaxValue ? (int)length : throw Cut();
        }

        throw Cut();
    }

    public void SkipStrings(int count)
    {
        for (var i = 0; i < count; i++) Take(ReadLength());
    }

    public void SkipNullableStrings(int count)
    {
        for (var i = 0; i < count; i++)
            if (!ReadBool()) Take(ReadLength());
    }

    public void SkipNullableNumbers(int count)
    {
        for (var i = 0; i < count; i++)
            if (!ReadBool()) Take(8);
    }

    public void Skip(int count) => Take(count);

    private ReadOnlySpan<byte> Take(int count)
    {
        if (count < 0 || count > _bytes.Length - Position) throw Cut();
        var taken = _bytes.Slice(Position, count);
        Position += count;
        return taken;
    }

    private static InvalidDataException Cut() => new("A row ends before its last column.");
}
