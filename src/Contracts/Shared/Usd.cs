using System.Globalization;
using System.Text.Json.Serialization;

namespace Espalier.Contracts.Shared;

/// <summary>An amount of US dollars in whole nano-dollars (1e-9 USD), so that sums are exact.</summary>
/// <remarks>An unknown amount is a null <see cref="Usd"/>, never zero. Range about +-9.2 billion dollars; overflow throws.</remarks>
[JsonConverter(typeof(UsdConverter))]
public readonly record struct Usd(long Nano) : IComparable<Usd>
{
    private const long NanoPerDollar = 1_000_000_000;

    public static Usd Zero => default;

    public static Usd operator +(Usd a, Usd b) => new(checked(a.Nano + b.Nano));

    public static Usd operator -(Usd a, Usd b) => new(checked(a.Nano - b.Nano));

    public static bool operator <(Usd a, Usd b) => a.Nano < b.Nano;

    public static bool operator >(Usd a, Usd b) => a.Nano > b.Nano;

    public static bool operator <=(Usd a, Usd b) => a.Nano <= b.Nano;

    public static bool operator >=(Usd a, Usd b) => a.Nano >= b.Nano;

    public static Usd Max(Usd a, Usd b) => a > b ? a : b;

    public static Usd Min(Usd a, Usd b) => a < b ? a : b;

    /// <summary>Dollars to the nearest nano-dollar.</summary>
    public static Usd FromDollars(decimal dollars) => new((long)decimal.Round(dollars * NanoPerDollar, MidpointRounding.ToEven));

    /// <summary>Reads <c>50usd</c>, <c>0.50usd</c>, <c>$50</c> or <c>50</c>; nothing negative.</summary>
    public static bool TryParse(string? text, out Usd amount)
    {
        amount = default;
        if (text is null) return false;
        var trimmed = text.Trim();
        if (trimmed.EndsWith("usd", StringComparison.OrdinalIgnoreCase)) trimmed = trimmed[..^3].TrimEnd();
        else if (trimmed.StartsWith('$')) trimmed = trimmed[1..];
        if (!decimal.TryParse(trimmed, NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out var dollars)) return false;
        if (dollars > 1_000_000_000m) return false;
        amount = FromDollars(dollars);
        return true;
    }

    public decimal ToDollars() => (decimal)Nano / NanoPerDollar;

    public int CompareTo(Usd other) => Nano.CompareTo(other.Nano);

    /// <summary>All nine decimals that are not trailing zeros, at least two: <c>0.50</c>, <c>0.000012345</c>.</summary>
    public override string ToString() => ToDollars().ToString("0.00#######", CultureInfo.InvariantCulture);
}
