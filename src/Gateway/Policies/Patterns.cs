using System.Text.RegularExpressions;
using Espalier.Core.Shared;

namespace Espalier.Gateway.Policies;

/// <summary>Regular expressions out of policy files. They run in time proportional to the text, whatever they say.</summary>
internal static class Patterns
{
    public const int LongestPattern = 1000;

    /// <summary>A text that is longer is looked at in pieces that overlap; where a pattern stands alone, only its beginning is.</summary>
    public const int MostText = 64 * 1024;

    /// <summary>A second guard behind the linear engine.</summary>
    private static readonly TimeSpan Timeout = TimeSpan.FromMilliseconds(100);

    /// <summary>The pattern under a key; null when it is not there.</summary>
    public static Regex? Read(StrictYaml yaml, string key) => yaml.Text(key) is { } text ? Compile(yaml, key, text) : null;

    public static Regex Compile(StrictYaml yaml, string key, string text)
    {
        if (text.Length is 0 or > LongestPattern) throw yaml.Bad(key, $"has {text.Length} characters", $"Write a pattern of 1 to {LongestPattern} characters.");
        try
        {
            return new Regex(text, RegexOptions.NonBacktracking | RegexOptions.CultureInvariant, Timeout);
        }
        catch (NotSupportedException)
        {
            throw yaml.Bad(key, "uses a look-around, a back-reference or an atomic group, or repeats too much", "Write it without: patterns must run in linear time.");
        }
        catch (ArgumentException e)
        {
            throw yaml.Bad(key, $"is no regular expression ({e.Message})", "Write one of .NET's form, in single quotes.");
        }
    }

    /// <summary>Whether the pattern is in the text; one that took too long is not.</summary>
    public static bool IsIn(this Regex pattern, string text)
    {
        try
        {
            return pattern.IsMatch(text.AsSpan(0, Math.Min(text.Length, MostText)));
        }
        catch (RegexMatchTimeoutException)
        {
            return false;
        }
    }
}
