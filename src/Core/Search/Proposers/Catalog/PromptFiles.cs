using Espalier.Core.Agents;

namespace Espalier.Core.Search.Proposers.Catalog;

/// <summary>Tells the prompt's text from its list of labels.</summary>
internal static class PromptFiles
{
    /// <summary>The prompt file with most text besides label lines; null when the contract has no prompt artifact.</summary>
    public static string? Main(ProposalContext context)
    {
        var labels = context.Labels.ToHashSet(StringComparer.Ordinal);
        return context.ArtifactFiles("prompt")
            .Select(path => (Path: path, Length: LabelLists.Remove(context.FileText(path)!, labels).Trim().Length))
            .Where(file => file.Length > 0)
            .OrderByDescending(file => file.Length)
            .Select(file => file.Path)
            .FirstOrDefault();
    }

    /// <summary>The prompt file that lists most of the labels; null when none lists at least half.</summary>
    public static string? LabelList(ProposalContext context)
    {
        var labels = context.Labels.ToHashSet(StringComparer.Ordinal);
        if (labels.Count == 0) return null;
        var best = context.ArtifactFiles("prompt")
            .Select(path => (Path: path, Count: LabelLists.Find(context.FileText(path)!, labels).Count))
            .OrderByDescending(file => file.Count)
            .FirstOrDefault();
        return best.Count * 2 >= labels.Count ? best.Path : null;
    }
}
