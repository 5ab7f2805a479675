using System.Buffers.Binary;
using System.Text;

namespace Espalier.Storage.ClickHouse.Traces;

/// <summary>Writes values as ClickHouse's RowBinary format wants them: little-endian, lengths as LEB128, a byte before what may be null.</summary>
internal readonly struct RowBinaryWriter(PooledWriter output)
{
    public void Write(string value) => Write(value.AsSpan());

    public void Write(ReadOnlySpan<char> value)
    {
        var length = Encoding.UTF8.GetByteCount(value);
        WriteLength(length);
        // Lone surrogates become the replacement character: what is stored is always valid text.
        var span = output.GetSpan(Math.Max(1, length));
        output.Advance(Encoding.UTF8.GetBytes(value, span));
    }

    public void WriteNullable(string? value)
    {
        if (WriteNull(value is null)) Write(value!);
    }

    public void Write(long value)
    {
        BinaryPrimitives.WriteInt64LittleEndian(output.GetSpan(8), value);
        output.Advance(8);
    }

    public void WriteNullable(long? value)
    {
        if (WriteNull(value is null)) Write(value!.Value);
    }

    public void WriteNullable(double? value)
    {
        if (WriteNull(value is null)) Write(BitConverter.DoubleToInt64Bits(value!.Value));
    }

    public void Write(bool value) => WriteByte((byte)(value ? 1 : 0));

    /// <summary>To the microsecond, which is what the tables keep.</summary>
    public void Write(DateTimeOffset value) => Write((value.UtcTicks - DateTime.UnixEpoch.Ticks) / TimeSpan.TicksPerMicrosecond);

    public void Write(uint value)
    {
        BinaryPrimitives.WriteUInt32LittleEndian(output.GetSpan(4), value);
        output.Advance(4);
    }

    public void Write(double value) => Write(BitConverter.DoubleToInt64Bits(value));

    public void Write(IReadOnlyCollection<string> items)
    {
        WriteLength(items.Count);
        foreach (var item in items) Write(item);
    }

    public void Write(IReadOnlyCollection<long> items)
    {
        WriteLength(items.Count);
        foreach (var item in items) Write(item);
    }

    public void Write(IReadOnlyCollection<uint> items)
    {
        WriteLength(items.Count);
        foreach (var item in items) Write(item);
    }

    /// <summary>A column that is a list of what each item says.</summary>
    public void WriteEach<T>(List<T> items, Action<RowBinaryWriter, T> write)
    {
        WriteLength(items.Count);
        foreach (var item in items) write(this, item);
    }

    public void Write(IReadOnlyDictionary<string, long>? map)
    {
        WriteLength(map?.Count ?? 0);
        if (map is null) return;
        foreach (var (key, value) in map)
        {
            Write(key);
            Write(value);
        }
    }

    public void Write(IReadOnlyDictionary<string, string> map)
    {
        WriteLength(map.Count);
        if (map is Dictionary<string, string> plain)
        {
            // Its own enumerator is no object.
            foreach (var (key, value) in plain)
            {
                Write(key);
                Write(value);
            }

            return;
        }

        foreach (var (key, value) in map)
        {
            Write(key);
            Write(value);
        }
    }

    /// <returns>True when the value follows.</returns>
    private bool WriteNull(bool isNull)
    {
        Write(isNull);
        return !isNull;
    }

    private void WriteLength(int length)
    {
        var rest = (uint)length;
        while (rest >= 0x80)
        {
            WriteByte((byte)(rest | 0x80));
            rest >>= 7;
        }

        WriteByte((byte)rest);
    }

    public void WriteByte(byte value)
    {
        output.GetSpan(1)[0] = value;
        output.Advance(1);
    }
}
