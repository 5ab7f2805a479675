using Espalier.Gateway.Formats.Prompts;

namespace Espalier.Gateway.Policies.Memory;

/// <summary>Changes what a model is shown: leaves out old turns, brings in past cases.</summary>
internal interface IMemoryPolicy
{
    /// <summary>The key in <c>memory.yaml</c>.</summary>
    string Name { get; }

    /// <summary>The slot that it is for; null for all calls.</summary>
    string? Slot { get; }

    /// <summary>What to send instead; the same object when nothing changes.</summary>
    Task<Prompt> ApplyAsync(Prompt prompt, MemoryCall call, CancellationToken cancellationToken);
}
