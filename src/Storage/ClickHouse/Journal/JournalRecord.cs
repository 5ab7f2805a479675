using System.Buffers.Binary;
using System.Numerics;

namespace Espalier.Storage.ClickHouse.Journal;

/// <summary>The head of one record in a journal file; the rows follow it, in the very bytes that the insert will send.</summary>
/// <param name="First">The least "written" of the rows: with <paramref name="Last"/> it says later which rows of the table came from here.</param>
/// <remarks>Magic, kind, rows, length of the bytes (little-endian words), first and last "written" (double words), checksum over all of
/// these and the bytes.</remarks>
internal readonly record struct JournalRecord(JournalKind Kind, int Rows, int Length, long First, long Last)
{
    public const int HeadBytes = 36;

    // "ESJ2" in the file.
    private const uint Magic = 0x324A5345;
    private const uint EarlierMagic = 0x314A5345;
    private const int Checked = 32;

    public void WriteHead(Span<byte> head, ReadOnlySpan<byte> bytes)
    {
        BinaryPrimitives.WriteUInt32LittleEndian(head, Magic);
        BinaryPrimitives.WriteInt32LittleEndian(head[4..], (int)Kind);
        BinaryPrimitives.WriteInt32LittleEndian(head[8..], Rows);
        BinaryPrimitives.WriteInt32LittleEndian(head[12..], Length);
        BinaryPrimitives.WriteInt64LittleEndian(head[16..], First);
        BinaryPrimitives.WriteInt64LittleEndian(head[24..], Last);
        BinaryPrimitives.WriteUInt32LittleEndian(head[Checked..], Checksum(head[..Checked], bytes));
    }

    /// <summary>Reads a head without looking at its bytes.</summary>
    /// <returns>False for anything that is not a head: the file ends in a record that was never finished.</returns>
    /// <exception cref="InvalidDataException">The record is of an earlier form, whose rows no longer fit the tables.</exception>
    public static bool TryReadHead(ReadOnlySpan<byte> head, out JournalRecord record)
    {
        record = default;
        if (head.Length < HeadBytes) return false;
        var magic = BinaryPrimitives.ReadUInt32LittleEndian(head);
        if (magic == EarlierMagic) throw new InvalidDataException("The journal was written by an earlier preview, whose rows have fewer columns.");
        if (magic != Magic) return false;
        record = new(
            (JournalKind)BinaryPrimitives.ReadInt32LittleEndian(head[4..]),
            BinaryPrimitives.ReadInt32LittleEndian(head[8..]),
            BinaryPrimitives.ReadInt32LittleEndian(head[12..]),
            BinaryPrimitives.ReadInt64LittleEndian(head[16..]),
            BinaryPrimitives.ReadInt64LittleEndian(head[24..]));
        return record.Length >= 0 && record.Rows >= 0;
    }

    public static bool IsWhole(ReadOnlySpan<byte> head, ReadOnlySpan<byte> bytes) =>
        BinaryPrimitives.ReadUInt32LittleEndian(head[Checked..]) == Checksum(head[..Checked], bytes);

    // CRC-32C, which processors compute eight bytes at a time.
    private static uint Checksum(ReadOnlySpan<byte> head, ReadOnlySpan<byte> bytes) => ~Continue(Continue(~0u, head), bytes);

    private static uint Continue(uint crc, ReadOnlySpan<byte> bytes)
    {
        while (bytes.Length >= 8)
        {
            crc = BitOperations.Crc32C(crc, BinaryPrimitives.ReadUInt64LittleEndian(bytes));
            bytes = bytes[8..];
        }

        foreach (var single in bytes) crc = BitOperations.Crc32C(crc, single);
        return crc;
    }
}

/// <summary>Which table, and which order of columns. Numbers are in files: never reused, never changed.</summary>
internal enum JournalKind
{
    Spans = 1,
    Feedback = 2,
}
