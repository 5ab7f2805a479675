using System.Globalization;
using System.Text;

namespace Espalier.Storage.ClickHouse;

/// <summary>Values for the <c>{name:Type}</c> places of a statement. They travel beside it, so no value can become part of it.</summary>
internal sealed class ClickHouseParameters
{
    public static readonly ClickHouseParameters None = new();

    private readonly List<KeyValuePair<string, string>> values = [];

    /// <summary>Name and value as they stand in the URL.</summary>
    public IReadOnlyList<KeyValuePair<string, string>> Values => values;

    public ClickHouseParameters Add(string name, string? value) => AddRaw(name, value is null ? @"\N" : Escape(value));

    public ClickHouseParameters Add(string name, long value) => AddRaw(name, value.ToString(CultureInfo.InvariantCulture));

    public ClickHouseParameters Add(string name, double value) => AddRaw(name, value.ToString("R", CultureInfo.InvariantCulture));

    /// <summary>For a place of type <c>Array(String)</c>.</summary>
    public ClickHouseParameters Add(string name, IEnumerable<string> items)
    {
        var array = new StringBuilder("[");
        foreach (var item in items)
        {
            if (array.Length > 1) array.Append(',');
            array.Append('\'').Append(Escape(item).Replace("'", "\\'", StringComparison.Ordinal)).Append('\'');
        }

        // Its literals are escaped; the list around them is not a field, so it is not escaped once more.
        return AddRaw(name, array.Append(']').ToString());
    }

    /// <summary>For a place of an array of numbers, each as ClickHouse writes it.</summary>
    public ClickHouseParameters AddArray(string name, IEnumerable<string> numbers) => AddRaw(name, "[" + string.Join(',', numbers) + "]");

    // Values are read as fields of tab-separated text.
    private static string Escape(string value) => value
        .Replace("\\", @"\\", StringComparison.Ordinal)
        .Replace("\t", @"\t", StringComparison.Ordinal)
        .Replace("\n", @"\n", StringComparison.Ordinal)
        .Replace("\r", @"\r", StringComparison.Ordinal)
        .Replace("\0", @"\0", StringComparison.Ordinal)
        .Replace("\b", @"\b", StringComparison.Ordinal)
        .Replace("\f", @"\f", StringComparison.Ordinal);

    private ClickHouseParameters AddRaw(string name, string value)
    {
        values.Add(new(name, value));
        return this;
    }
}
