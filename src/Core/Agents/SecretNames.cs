namespace Espalier.Core.Agents;

/// <summary>Which names secrets of agents may have.</summary>
public static class SecretNames
{
    /// <summary>The gateway's own variables, and those that steer an interpreter, are no secrets.</summary>
    private static readonly string[] Taken =
    [
        "PATH", "HOME", "LANG", "PORT", "OPENAI_", "ANTHROPIC_", "GOOGLE_", "GEMINI_", "OTEL_", "ESPALIER_", "LD_", "PYTHON", "NODE_", "TRACEPARENT",
    ];

    /// <summary>1 to 64 upper-case letters, digits and <c>_</c>, a letter first, and none that the server sets itself.</summary>
    public static bool IsName(string name) =>
        name.Length is > 0 and <= 64
        && name.All(letter => char.IsAsciiLetterUpper(letter) || char.IsAsciiDigit(letter) || letter == '_')
        && char.IsAsciiLetterUpper(name[0])
        && !Taken.Any(taken => taken.EndsWith('_') || taken == "PYTHON" ? name.StartsWith(taken, StringComparison.Ordinal) : name == taken);
}
