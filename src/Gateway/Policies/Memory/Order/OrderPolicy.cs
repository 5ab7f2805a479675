using Espalier.Core.Shared;
using Espalier.Gateway.Formats.Prompts;
using Espalier.Gateway.Policies.CallSites;

namespace Espalier.Gateway.Policies.Memory.Order;

/// <summary>What stays alike from call to call stands first, so that the provider's prompt cache stays warm: <c>order: cache</c>.</summary>
/// <remarks>Of the instructions at the front, the first stays first; those behind it that hold values that change (dates, times, ids) go directly before the last turn. Turns keep their
/// order, so calls of tools and their results do too.</remarks>
internal sealed class OrderPolicy : IMemoryPolicy
{
    public const string Key = "order";

    public string Name => Key;

    public string? Slot => null;

    public static OrderPolicy? Read(StrictYaml yaml) => yaml.Text(Key) switch
    {
        null or "as_sent" => null,
        "cache" => new OrderPolicy(),
        { } other => throw yaml.Bad(Key, $"is '{other}'", "Write cache or as_sent."),
    };

    public Task<Prompt> ApplyAsync(Prompt prompt, MemoryCall call, CancellationToken cancellationToken)
    {
        var messages = prompt.Messages;
        var front = messages.TakeWhile(message => message.IsInstruction).Count();
        var moved = messages.Take(front).Skip(1).Where(message => !message.IsApart && HasValues(message.Text)).ToHashSet();
        var starts = PromptTurns.Starts(prompt);
        if (moved.Count == 0 || starts.Count < 2) return Task.FromResult(prompt);
        var last = starts[^1];
        return Task.FromResult(prompt with
        {
            Messages = [.. messages.Take(last).Where(message => !moved.Contains(message)), .. messages.Take(front).Where(moved.Contains), .. messages.Skip(last)],
        });
    }

    private static bool HasValues(string text) => TemplateText.Of(text).Split(' ').Contains("#");
}
