using System.Security.Cryptography;
using System.Text;
using Espalier.Contracts.Traces;
using Espalier.Core.Shared;
using Espalier.Gateway.Calls;
using Espalier.Gateway.Formats.Prompts;
using Espalier.Gateway.Policies.Models;
using Espalier.Gateway.Providers;
using Espalier.Gateway.Text;

namespace Espalier.Gateway.Policies.Memory.Summary;

/// <summary>Old turns as a running summary by a model: <c>summary: { model: gpt-4.1-mini, keep_last: 4, every: 4, above_tokens: 4000, max_tokens: 400 }</c>.</summary>
/// <remarks>Turns are summed up in blocks, so that the prompt's beginning changes once a block and not once a turn; each block goes on from the summary of those before it, which is kept by the
/// bytes of what it covers. Equal beginnings are summed up once, calls at the same time included. When the model does not answer, the call goes out with all its turns.</remarks>
internal sealed class SummaryPolicy(string model, int keepLast, int every, int aboveTokens, int mostTokens) : IMemoryPolicy
{
    public const string Key = "summary";

    private const int Kept = 10_000;

    /// <summary>Longest text that is summed up at once, in characters.</summary>
    private const int MostText = 200_000;

    private static readonly string Instructions = EmbeddedText.Read(typeof(SummaryPolicy), "summary.md");

    private readonly BoundedCache<string, Lazy<Task<string>>> _summaries = new(Kept);

    public string Name => Key;

    public string? Slot => null;

    public static SummaryPolicy Read(StrictYaml yaml, ModelCatalog models) => new(
        ModelSlots.ReadModel(yaml, models), yaml.WholeNumber("keep_last", 1, 1000) ?? 4, yaml.WholeNumber("every", 1, 100) ?? 4, yaml.WholeNumber("above_tokens", 0, 10_000_000) ?? 4000,
        yaml.WholeNumber("max_tokens", 50, 16_000) ?? 400);

    public async Task<Prompt> ApplyAsync(Prompt prompt, MemoryCall call, CancellationToken cancellationToken)
    {
        var starts = PromptTurns.Starts(prompt);
        var covered = (starts.Count - keepLast) / every * every;
        if (covered <= 0 || PromptTurns.Tokens(prompt, 0) <= aboveTokens) return prompt;
        try
        {
            var summary = await SumUpAsync(prompt, starts, covered, call, cancellationToken);
            call.Note("memory.summary_turns", $"{covered}");
            var rest = PromptTurns.From(prompt, starts[covered]);
            var first = prompt.Messages[starts[covered]];
            return rest with { Messages = [.. rest.Messages.Select(message => ReferenceEquals(message, first) ? message.Prepend($"<summary>\n{summary}\n</summary>") : message)] };
        }
        catch (ProviderFailedException failed)
        {
            call.Note("memory.summary_failed", failed.Message);
            return prompt;
        }
    }

    private async Task<string> SumUpAsync(Prompt prompt, List<int> starts, int covered, MemoryCall call, CancellationToken cancellationToken)
    {
        var earlier = covered - every;
        var key = PrefixOf(prompt, starts[covered]);
        var own = new Lazy<Task<string>>(async () =>
        {
            var before = earlier > 0 ? await SumUpAsync(prompt, starts, earlier, call, cancellationToken) : null;
            var text = new StringBuilder(before is null ? "" : $"<summary>\n{before}\n</summary>\n\n").Append("<turns>\n");
            foreach (var message in prompt.Messages.Take(starts[covered]).Skip(starts[earlier]).Where(message => !message.IsInstruction))
                text.Append(message.Role).Append(": ").AppendJoin('\n', Formats.Json.JsonTexts.Read(message.Raw)).Append('\n');
            var shown = text.Append("</turns>").ToString();
            if (shown.Length > MostText) shown = $"{shown[..(MostText / 2)]}\n[...]\n{shown[^(MostText / 2)..]}";
            return (await call.Side.AskAsync(new SideQuestion(model, Instructions, shown, AttemptRole.Summary, mostTokens), cancellationToken)).Trim();
        });
        var made = _summaries.GetOrAdd(key, _ => own);
        try
        {
            return await made.Value;
        }
        catch
        {
            // The next call tries again; so does this one when it was another one's budget, or patience, that did not reach.
            _summaries.Remove(key);
            if (ReferenceEquals(made, own) || cancellationToken.IsCancellationRequested) throw;
            return await SumUpAsync(prompt, starts, covered, call, cancellationToken);
        }
    }

    // Instructions are not summed up, so they do not count.
    private static string PrefixOf(Prompt prompt, int end)
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        foreach (var message in prompt.Messages.Take(end))
        {
            if (message.IsInstruction) continue;
            hash.AppendData(message.Raw.Span);
            hash.AppendData([0]);
        }

        return Convert.ToHexString(hash.GetHashAndReset());
    }
}
