using Espalier.Core.Runs;
using Espalier.Core.Shared;
using Espalier.Gateway.Formats.Prompts;

namespace Espalier.Gateway.Policies.Memory.History;

/// <summary>Keeps the instructions and the last turns: <c>history: { keep_last: 4 }</c>.</summary>
/// <remarks>A turn is a user message with all that follows it up to the next one, so a tool's answer is never cut from its call.</remarks>
internal sealed record HistoryPolicy(int KeepLast) : IMemoryPolicy
{
    public string Name => "history";

    public string? Slot => null;

    public static HistoryPolicy Read(StrictYaml yaml) =>
        new(yaml.WholeNumber("keep_last", 1, 10_000) ?? throw yaml.Bad("keep_last", "is missing", "Write how many turns to keep, as in 'keep_last: 4'."));

    public Task<Prompt> ApplyAsync(Prompt prompt, RunContext run, CancellationToken cancellationToken)
    {
        var messages = prompt.Messages;
        var starts = messages.Index().Where(pair => pair.Item.Role == "user").Select(pair => pair.Index).ToList();
        if (starts.Count <= KeepLast) return Task.FromResult(prompt);
        var from = starts[^KeepLast];
        return Task.FromResult(prompt with { Messages = [.. messages.Where((message, i) => i >= from || message.IsInstruction)] });
    }
}
