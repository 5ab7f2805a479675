using System.Globalization;
using System.Text;

namespace Espalier.Core.Traces.Otlp;

/// <summary>One attribute's value, its text not decoded before it is asked for.</summary>
/// <remarks>Text lies as bytes in the request's body, or as a string where JSON had it escaped. Valid as long as the body is.</remarks>
public readonly struct AttributeValue
{
    private readonly ReadOnlyMemory<byte> _utf8;
    private readonly string? _text;
    private readonly long _bits;

    private AttributeValue(ValueKind kind, ReadOnlyMemory<byte> utf8, string? text, long bits)
    {
        Kind = kind;
        _utf8 = utf8;
        _text = text;
        _bits = bits;
    }

    public ValueKind Kind { get; }

    /// <summary>True when there is nothing to read: no value, an empty text.</summary>
    public bool IsEmpty => Kind == ValueKind.None || (Kind is ValueKind.Text or ValueKind.Json && (_text?.Length ?? _utf8.Length) == 0);

    public static AttributeValue Text(ReadOnlyMemory<byte> utf8) => new(ValueKind.Text, utf8, null, 0);

    public static AttributeValue Text(string text) => new(ValueKind.Text, default, text, 0);

    public static AttributeValue Json(ReadOnlyMemory<byte> utf8) => new(ValueKind.Json, utf8, null, 0);

    public static AttributeValue Bool(bool value) => new(ValueKind.Bool, default, null, value ? 1 : 0);

    public static AttributeValue Whole(long value) => new(ValueKind.Whole, default, null, value);

    public static AttributeValue Real(double value) => new(ValueKind.Real, default, null, BitConverter.DoubleToInt64Bits(value));

    /// <summary>The value as text, whatever its kind; null when there is none.</summary>
    public string? AsText() => Kind switch
    {
        ValueKind.None => null,
        ValueKind.Bool => _bits == 0 ? "false" : "true",
        ValueKind.Whole => _bits.ToString(CultureInfo.InvariantCulture),
        ValueKind.Real => BitConverter.Int64BitsToDouble(_bits).ToString("R", CultureInfo.InvariantCulture),
        _ => _text ?? Encoding.UTF8.GetString(_utf8.Span),
    };

    /// <summary>A count: a whole number that is not negative, also as text or as a floating point number.</summary>
    public long? AsCount()
    {
        var number = Kind switch
        {
            ValueKind.Whole => _bits,
            ValueKind.Real when BitConverter.Int64BitsToDouble(_bits) is >= 0 and < 9e18 and var real => (long)real,
            ValueKind.Text when long.TryParse(AsText(), NumberStyles.AllowLeadingWhite | NumberStyles.AllowTrailingWhite, CultureInfo.InvariantCulture, out var read) => read,
            ValueKind.Text when double.TryParse(AsText(), NumberStyles.Float, CultureInfo.InvariantCulture, out var read) && read is >= 0 and < 9e18 => (long)read,
            _ => -1,
        };
        return number < 0 ? null : number;
    }

    public double? AsNumber()
    {
        double? number = Kind switch
        {
            ValueKind.Whole => _bits,
            ValueKind.Real => BitConverter.Int64BitsToDouble(_bits),
            ValueKind.Text when double.TryParse(AsText(), NumberStyles.Float, CultureInfo.InvariantCulture, out var read) => read,
            _ => null,
        };
        return number is { } known && double.IsFinite(known) ? known : null;
    }

    public bool? AsBool() => Kind switch
    {
        ValueKind.Bool => _bits != 0,
        ValueKind.Text => AsText() switch { "true" or "True" => true, "false" or "False" => false, _ => null },
        _ => null,
    };

    /// <summary>The bytes of a text or of JSON; empty for other kinds.</summary>
    public ReadOnlyMemory<byte> AsUtf8() => _text is null ? _utf8 : Encoding.UTF8.GetBytes(_text);

    public bool Is(ReadOnlySpan<byte> utf8) => Kind == ValueKind.Text && _text is null ? _utf8.Span.SequenceEqual(utf8) : AsText() is { } text && text == Encoding.UTF8.GetString(utf8);
}
