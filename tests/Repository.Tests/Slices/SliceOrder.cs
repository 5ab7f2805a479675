using Espalier.Repository.Tests.Compiled;

namespace Espalier.Repository.Tests.Slices;

/// <summary>The order of the slices inside a project: each may use those before it and nothing after it.</summary>
internal static class SliceOrder
{
    public static IReadOnlyList<string> Slices { get; } =
    [
        "Shared", "Agents", "Traces", "Datasets", "Runs", "Judging", "Diagnosis", "Frontiers", "Learning", "Search", "Releases",
    ];

    /// <summary>Contracts types that an earlier slice may name all the same, each with its reason.</summary>
    /// <remarks>All are values that are carried and never asked: no slice gets to know how a later one works.</remarks>
    public static IReadOnlyDictionary<(string Slice, string Type), string> Exceptions { get; } = new Dictionary<(string, string), string>
    {
        [("Traces", "Espalier.Contracts.Datasets.CaseId")] =
            "A span of an evaluation says which case it ran, as OpenTelemetry attributes do; the id is a label there, not a case.",
        [("Frontiers", "Espalier.Contracts.Search.SessionId")] =
            "A frontier's report says which session drew it; the id is a label there.",
        [("Frontiers", "Espalier.Contracts.Search.Goal")] =
            "A frontier's report repeats what the session was asked for, as one word.",
    };

    /// <summary>Uses of a later slice, in the places where <paramref name="product"/>'s Core and Contracts name each other.</summary>
    /// <param name="product">First segment of the namespaces to read.</param>
    /// <param name="uses">What compiled code names.</param>
    public static IEnumerable<TypeUse> Broken(string product, IEnumerable<TypeUse> uses) =>
        from use in uses
        let user = Rank(product, use.FromNamespace)
        let used = Rank(product, use.ToNamespace)
        where user is not null && used > user && !Exceptions.ContainsKey((Slices[user.Value], use.To))
        select use;

    /// <summary>A type whose namespace stands in no slice belongs nowhere; what lies at a project's root sees all slices and is seen by none.</summary>
    public static int? Rank(string product, string space)
    {
        if (!space.StartsWith(product + ".", StringComparison.Ordinal)) return null;
        if (space[(product.Length + 1)..].Split('.') is not ["Core" or "Contracts", var slice, ..]) return null;
        var rank = Slices.ToList().IndexOf(slice);
        return rank < 0 ? null : rank;
    }
}
