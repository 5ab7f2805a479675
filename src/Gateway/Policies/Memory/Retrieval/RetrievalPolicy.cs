using Espalier.Contracts.Datasets;
using Espalier.Core.Agents;
using Espalier.Core.Shared;
using Espalier.Gateway.Formats.Prompts;

namespace Espalier.Gateway.Policies.Memory.Retrieval;

/// <summary>Shows the nearest past cases, the most similar last: <c>retrieval: { source: rev_..., k: 8, min_similarity: 0.0, slot: triage }</c>.</summary>
internal sealed class RetrievalPolicy(RetrievalRule rule, CaseIndexes indexes, TimeProvider time) : IMemoryPolicy
{
    public const string Key = "retrieval";

    private const int BytesPerToken = 4;

    public string Name => Key;

    public string? Slot => rule.Slot;

    public async Task<Prompt> ApplyAsync(Prompt prompt, MemoryCall call, CancellationToken cancellationToken)
    {
        var messages = prompt.Messages;
        if (messages.LastOrDefault(message => message.Role == "user") is not { Text.Length: > 0 } query) return prompt;
        var index = await indexes.GetAsync(rule.Source, cancellationToken);
        if (index.Count == 0)
        {
            throw new Refusal(
                "memory-source-empty", 422, $"memory.yaml: 'retrieval.source' is {rule.Source}, which has no case with a reference to show.",
                "Write the id of a revision from 'espalier datasets list'.");
        }

        var oldest = rule.MostAge is { } age ? time.GetUtcNow() - age : (DateTimeOffset?)null;
        var found = index.Nearest(LabelledExamples.Remove(query.Text), rule.Count, rule.MinSimilarity, call.Run.ExcludedGroup, one => rule.Allows(one, oldest));
        var block = Block(found);
        if (block.Length == 0) return prompt;
        if (rule.InLastMessage) return prompt with { Messages = [.. messages.Select(message => ReferenceEquals(message, query) ? message.Prepend(block) : message)] };
        var at = messages.Index().FirstOrDefault(pair => pair.Item.IsInstruction && pair.Item.HasContent, (-1, null!)).Index;
        return prompt with
        {
            Messages = at < 0
                ? [prompt.NewInstruction(block), .. messages]
                : [.. messages.Select((message, i) => i == at ? message.Append(block) : message)],
        };
    }

    // The least similar go first when the budget does not reach.
    private string Block(IReadOnlyList<LabelledExample> found)
    {
        for (var from = 0; from < found.Count; from++)
        {
            var block = rule.AsFacts ? Facts([.. found.Skip(from)]) : LabelledExamples.Format(found.Skip(from));
            if (rule.MostTokens is not { } most || (System.Text.Encoding.UTF8.GetByteCount(block) + BytesPerToken - 1) / BytesPerToken <= most) return block;
        }

        return "";
    }

    private static string Facts(IReadOnlyList<LabelledExample> found) =>
        $"<facts>\n{string.Join('\n', found.Select(one => $"- {one.Output.ReplaceLineEndings(" ").Trim()}").Distinct())}\n</facts>";
}
