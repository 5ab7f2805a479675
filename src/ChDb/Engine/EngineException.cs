using System.Globalization;
using System.Text.RegularExpressions;

namespace Espalier.ChDb.Engine;

/// <summary>What the engine refused, in its own words, with ClickHouse's error code.</summary>
internal sealed partial class EngineException(int code, string message) : Exception(message)
{
    public int Code { get; } = code;

    /// <summary>Reads the code from <c>Code: 62. DB::Exception: ...</c>; 1000 (unknown) when there is none.</summary>
    public static EngineException FromText(string text)
    {
        var match = CodePattern().Match(text);
        var code = match.Success ? int.Parse(match.Groups["code"].ValueSpan, CultureInfo.InvariantCulture) : ErrorCodes.Unknown;
        return new(code, text);
    }

    [GeneratedRegex(@"Code:\s*(?<code>\d{1,9})", RegexOptions.CultureInvariant)]
    private static partial Regex CodePattern();
}
