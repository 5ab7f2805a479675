using Espalier.Core.Shared;
using Espalier.Gateway.Formats.Prompts;

namespace Espalier.Gateway.Policies.Memory.History;

/// <summary>Keeps the instructions and the last turns: <c>history: { keep_last: 4, max_tokens: 8000 }</c>.</summary>
internal sealed record HistoryPolicy(int? KeepLast, int? MostTokens) : IMemoryPolicy
{
    public const string Key = "history";

    public string Name => Key;

    public string? Slot => null;

    public static HistoryPolicy Read(StrictYaml yaml)
    {
        var policy = new HistoryPolicy(yaml.WholeNumber("keep_last", 1, 10_000), yaml.WholeNumber("max_tokens", 100, 10_000_000));
        return policy is { KeepLast: null, MostTokens: null }
            ? throw yaml.Bad("keep_last", "is missing", "Write how many turns to keep, as in 'keep_last: 4', or how many tokens, as in 'max_tokens: 8000'.") : policy;
    }

    public Task<Prompt> ApplyAsync(Prompt prompt, MemoryCall call, CancellationToken cancellationToken)
    {
        var starts = PromptTurns.Starts(prompt);
        if (starts.Count == 0) return Task.FromResult(prompt);
        var first = Math.Max(0, starts.Count - (KeepLast ?? starts.Count));
        // The last turn stays whatever it takes.
        if (MostTokens is { } most)
            while (first < starts.Count - 1 && PromptTurns.Tokens(prompt, starts[first]) > most) first++;
        return Task.FromResult(first == 0 ? prompt : PromptTurns.From(prompt, starts[first]));
    }
}
