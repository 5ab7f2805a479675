using Espalier.Contracts.Datasets;
using Espalier.Core.Shared;

namespace Espalier.Core.Datasets;

/// <summary>Resolves what people type for a revision: <c>name</c> (the newest), <c>name@rev_...</c>, <c>rev_...</c>.</summary>
public static class DatasetNames
{
    public static async Task<DatasetRevision> ResolveAsync(this IDatasetStore datasets, string text, CancellationToken cancellationToken)
    {
        var revision = text[(text.IndexOf('@', StringComparison.Ordinal) + 1)..];
        var found = revision.StartsWith("rev_", StringComparison.Ordinal)
            ? await datasets.FindAsync(new RevisionId(revision), cancellationToken)
            : await datasets.FindLatestAsync(text, cancellationToken);
        if (found is not null) return found;
        var known = (await datasets.ListAsync(null, cancellationToken)).Select(one => one.Dataset).Distinct().ToList();
        var nearest = Nearest.Of(text, known, 3);
        var hint = nearest.Count > 0 ? $"Nearest: {string.Join(", ", nearest)}." : known.Count > 0 ? $"Known: {string.Join(", ", known.Take(5))}." : "";
        throw new Refusal(
            "dataset-not-found", 404, $"There is no dataset '{text}'.", $"{hint} Build one with 'espalier datasets build' or bring one with 'espalier datasets import FILE'.".TrimStart());
    }
}
