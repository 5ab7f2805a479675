using System.Text.RegularExpressions;
using Espalier.Core.Traces.Redaction.Detectors.Custom;
using Microsoft.Extensions.Options;

namespace Espalier.Core.Traces.Redaction;

/// <summary>Refuses kinds that nobody knows and patterns that the linear engine cannot run, at start.</summary>
internal sealed partial class RedactionOptionsValidator : IValidateOptions<RedactionOptions>
{
    public ValidateOptionsResult Validate(string? name, RedactionOptions options)
    {
        var wrong = new List<string>();
        foreach (var kind in options.Kinds.Where(kind => !Detectors.DetectorList.Kinds.Contains(kind)))
            wrong.Add($"{RedactionOptions.Section}:Kinds has '{kind}', which is no kind. Known: {string.Join(", ", Detectors.DetectorList.Kinds)}.");
        if (options.Patterns.Count > RedactionOptions.MostPatterns)
            wrong.Add($"{RedactionOptions.Section}:Patterns has {options.Patterns.Count}; {RedactionOptions.MostPatterns} are the most.");
        foreach (var (kind, pattern) in options.Patterns)
        {
            if (!KindName().IsMatch(kind)) wrong.Add($"{RedactionOptions.Section}:Patterns:{kind} is named wrongly: lower-case letters, digits and hyphens, 2 to 40.");
            if (Detectors.DetectorList.Kinds.Contains(kind)) wrong.Add($"{RedactionOptions.Section}:Patterns:{kind} has the name of a kind that is built in.");
            if (PatternFault(pattern) is { } fault) wrong.Add($"{RedactionOptions.Section}:Patterns:{kind} cannot be used: {fault}");
        }

        return wrong.Count == 0 ? ValidateOptionsResult.Success : ValidateOptionsResult.Fail(wrong);
    }

    private static string? PatternFault(string pattern)
    {
        if (pattern.Length is 0 or > RedactionOptions.LongestPattern) return $"it has {pattern.Length} characters, from 1 to {RedactionOptions.LongestPattern} are allowed.";
        try
        {
            return CustomDetector.Compile(pattern).IsMatch("") ? "it matches the empty text." : null;
        }
        catch (Exception e) when (e is ArgumentException or NotSupportedException)
        {
            return e.Message;
        }
    }

    [GeneratedRegex("^[a-z][a-z0-9-]{1,39}$")]
    private static partial Regex KindName();
}
