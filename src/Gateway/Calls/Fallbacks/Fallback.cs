using Espalier.Gateway.Providers;

namespace Espalier.Gateway.Calls.Fallbacks;

/// <summary>A model that is asked when another one fails.</summary>
/// <param name="Model">Its name.</param>
/// <param name="On">The failures against which it helps.</param>
internal sealed record Fallback(string Model, IReadOnlySet<FailureClass> On)
{
    public const int Most = 8;

    /// <summary>From words of configuration; null when one of them is none.</summary>
    public static IReadOnlySet<FailureClass>? Classes(IEnumerable<string> words)
    {
        var classes = new HashSet<FailureClass>();
        foreach (var word in words)
        {
            if (!FailureClasses.Words.TryGetValue(word, out var failure)) return null;
            classes.Add(failure);
        }

        return classes.Count > 0 ? classes : FailureClasses.Usual;
    }
}
