using System.Globalization;
using System.Text.RegularExpressions;

namespace Espalier.Storage.ClickHouse;

/// <summary>ClickHouse refused a statement; the message is its own.</summary>
public sealed partial class ClickHouseException(int code, string message) : Exception(message)
{
    public const int UnknownTable = 60;

    // Conditions that pass, or that a person mends, without a change of the statement or of its rows.
    private static readonly HashSet<int> Passing = [3, 159, 160, 164, 173, 202, 209, 210, 225, 236, 241, 242, 243, 252, 319, 415, 425, 439, 516, 999];

    public int Code { get; } = code;

    /// <summary>True when the same statement may succeed later: memory, disk, load, time, rights.</summary>
    public bool IsPassing => Passing.Contains(Code);

    internal static ClickHouseException FromText(string text, int? code = null)
    {
        var match = CodePattern().Match(text);
        var read = match.Success ? int.Parse(match.Groups["code"].ValueSpan, CultureInfo.InvariantCulture) : 0;
        return new(code ?? read, text.Trim());
    }

    [GeneratedRegex(@"Code:\s*(?<code>\d{1,9})", RegexOptions.CultureInvariant)]
    private static partial Regex CodePattern();
}
