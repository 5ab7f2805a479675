namespace Espalier.Core.Traces.Dialects.General;

/// <summary>Finds what clients put into the words of an error.</summary>
internal static class ErrorTexts
{
    /// <summary>The HTTP status that a message begins with (<c>429 Rate limit...</c>, <c>Error: 429 ...</c>) or names (<c>status code: 429</c>); null when there is none.</summary>
    public static int? HttpStatus(string? message)
    {
        if (message is null) return null;
        var text = message.AsSpan().TrimStart();
        if (CodeAt(text) is { } first) return first;
        // A class name, or words, before the number.
        foreach (var mark in (ReadOnlySpan<string>)["Error: ", "Exception: ", "code: ", "code ", "status: ", "status=", "HTTP ", "statusCode\":", "status_code="])
        {
            var at = text.IndexOf(mark, StringComparison.OrdinalIgnoreCase);
            if (at >= 0 && CodeAt(text[(at + mark.Length)..].TrimStart()) is { } named) return named;
        }

        return null;
    }

    private static int? CodeAt(ReadOnlySpan<char> text)
    {
        if (text.Length < 3 || text[0] is not ('4' or '5') || !char.IsAsciiDigit(text[1]) || !char.IsAsciiDigit(text[2])) return null;
        return text.Length > 3 && (char.IsAsciiLetterOrDigit(text[3]) || text[3] == '.') ? null : int.Parse(text[..3]);
    }
}
