using System.Buffers.Binary;

namespace Espalier.Core.Traces.Otlp;

/// <summary>Walks the fields of one protobuf message, without copying and without an exception for bad bytes.</summary>
/// <remarks>The wire format is protobuf's: a tag of field number and wire type, then a varint (0), eight bytes (1), a length and that many
/// bytes (2) or four bytes (5). Groups (3, 4) are in no message of OTLP and count as malformed.</remarks>
internal ref struct ProtoReader(ReadOnlyMemory<byte> message)
{
    private readonly ReadOnlyMemory<byte> _message = message;
    private readonly ReadOnlySpan<byte> _bytes = message.Span;
    private int _at;

    public int Field { get; private set; }

    public int Wire { get; private set; }

    /// <summary>The value of a varint or fixed field, as bits.</summary>
    public ulong Number { get; private set; }

    /// <summary>The bytes of a length-delimited field.</summary>
    public ReadOnlyMemory<byte> Bytes { get; private set; }

    public bool IsBroken { get; private set; }

    public readonly int Signed => unchecked((int)(long)Number);

    /// <summary>False at the end and at the first byte that makes no sense; <see cref="IsBroken"/> tells which.</summary>
    public bool Next()
    {
        if (_at >= _bytes.Length || IsBroken) return false;
        if (!Varint(out var tag) || tag >> 3 is 0 or > 536_870_911) return Break();
        Field = (int)(tag >> 3);
        Wire = (int)(tag & 7);
        switch (Wire)
        {
            case 0:
                if (!Varint(out var number)) return Break();
                Number = number;
                return true;
            case 1:
                if (_bytes.Length - _at < 8) return Break();
                Number = BinaryPrimitives.ReadUInt64LittleEndian(_bytes[_at..]);
                _at += 8;
                return true;
            case 2:
                if (!Varint(out var length) || length > (ulong)(_bytes.Length - _at)) return Break();
                Bytes = _message.Slice(_at, (int)length);
                _at += (int)length;
                return true;
            case 5:
                if (_bytes.Length - _at < 4) return Break();
                Number = BinaryPrimitives.ReadUInt32LittleEndian(_bytes[_at..]);
                _at += 4;
                return true;
            default:
                return Break();
        }
    }

    private bool Break()
    {
        IsBroken = true;
        return false;
    }

    private bool Varint(out ulong value)
    {
        value = 0;
        for (var shift = 0; shift < 64; shift += 7)
        {
            if (_at >= _bytes.Length) return false;
            var part = _bytes[_at++];
            value |= (ulong)(part & 0x7F) << shift;
            if (part < 0x80) return true;
        }

        return false;
    }
}
