using Espalier.Contracts.Datasets;
using Espalier.Core.Agents;
using Espalier.Core.Runs;
using Espalier.Core.Shared;
using Espalier.Gateway.Formats.Prompts;

namespace Espalier.Gateway.Policies.Memory.Retrieval;

/// <summary>Shows the nearest past cases as labelled examples, the most similar last:
/// <c>retrieval: { source: rev_..., k: 8, min_similarity: 0.0, slot: triage }</c>.</summary>
internal sealed class RetrievalPolicy(RevisionId revision, int count, double minSimilarity, string? slot, CaseIndexes indexes) : IMemoryPolicy
{
    private const int MostExamples = 64;
    private const string RevisionPrefix = "rev_";

    public string Name => "retrieval";

    public string? Slot => slot;

    public static RetrievalPolicy Read(StrictYaml yaml, CaseIndexes indexes)
    {
        var source = yaml.RequiredText("source", "rev_...");
        if (!source.StartsWith(RevisionPrefix, StringComparison.Ordinal))
            throw yaml.Bad("source", $"is '{source}'", $"Write the id of a dataset revision, which begins with {RevisionPrefix}.");
        var count = yaml.WholeNumber("k", 1, MostExamples) ?? 8;
        var least = yaml.Number("min_similarity") ?? 0;
        if (least is < 0 or > 1) throw yaml.Bad("min_similarity", $"is {least}", "Write a number from 0 to 1.");
        return new RetrievalPolicy(new RevisionId(source), count, least, yaml.Text("slot"), indexes);
    }

    public async Task<Prompt> ApplyAsync(Prompt prompt, RunContext run, CancellationToken cancellationToken)
    {
        var messages = prompt.Messages;
        if (messages.LastOrDefault(message => message.Role == "user") is not { Text.Length: > 0 } query) return prompt;
        var index = await indexes.GetAsync(revision, cancellationToken);
        if (index.Count == 0)
        {
            throw new Refusal(
                "memory-source-empty", 422, $"memory.yaml: 'retrieval.source' is {revision}, which has no case with a reference to show.",
                "Write the id of a revision from 'espalier datasets list'.");
        }

        var examples = index.Nearest(LabelledExamples.Remove(query.Text), count, minSimilarity, run.ExcludedGroup);
        if (examples.Count == 0) return prompt;
        var block = LabelledExamples.Format(examples);
        var at = messages.Index().FirstOrDefault(pair => pair.Item.IsInstruction && pair.Item.HasContent, (-1, null!)).Index;
        return prompt with
        {
            Messages = at < 0
                ? [prompt.NewInstruction(block), .. messages]
                : [.. messages.Select((message, i) => i == at ? message.Append(block) : message)],
        };
    }
}
