using System.Text.RegularExpressions;
using Espalier.Core.Traces.Redaction;

namespace Espalier.Core.Tests.Traces.Redaction;

/// <summary>Redactors for tests, and their answers in words.</summary>
internal static partial class Redactors
{
    private static readonly byte[] Key = [.. Enumerable.Range(1, 32).Select(i => (byte)i)];

    public static readonly TextRedactor Usual = With(new RedactionOptions());

    public static TextRedactor With(RedactionOptions options) => new(options, Key);

    /// <summary>The redacted text without the digits of its placeholders: <c>write to [EMAIL]</c>.</summary>
    public static string Shape(string text) => Shape(Usual, text);

    public static string Shape(TextRedactor redactor, string text) => PlaceholderDigits().Replace(redactor.Redact(text), "]");

    [GeneratedRegex(":[0-9a-f]{12}]")]
    private static partial Regex PlaceholderDigits();
}
