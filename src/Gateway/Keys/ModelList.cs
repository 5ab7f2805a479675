using Espalier.Gateway.Providers;

namespace Espalier.Gateway.Keys;

/// <summary>Which models a key may call.</summary>
internal static class ModelList
{
    /// <param name="allowed">Names as they are asked for or as prices and traces have them; an end of <c>*</c> stands for any end. Null allows all.</param>
    /// <param name="model">Who is to answer.</param>
    public static bool Allows(IReadOnlyList<string>? allowed, ServedModel model) =>
        allowed is null || allowed.Any(name => Matches(name, model.FullName) || Matches(name, model.Model) || Matches(name, $"{model.Provider.Name}/{model.Model}"));

    private static bool Matches(string allowed, string model) =>
        allowed.EndsWith('*') ? model.StartsWith(allowed[..^1], StringComparison.OrdinalIgnoreCase) : model.Equals(allowed, StringComparison.OrdinalIgnoreCase);
}
