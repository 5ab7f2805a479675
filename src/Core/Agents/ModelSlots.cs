using System.Text;
using Espalier.Contracts.Agents;
using Espalier.Core.Shared;

namespace Espalier.Core.Agents;

/// <summary>The model slots of a version, as its <c>models</c> artifact declares them.</summary>
public static class ModelSlots
{
    /// <summary>The file of an artifact that holds one kind of configuration: the pattern that is a plain path; null when there is none.</summary>
    public static string? FileOf(AgentContract contract, string artifact) =>
        contract.Artifacts.TryGetValue(artifact, out var patterns)
            ? patterns.FirstOrDefault(pattern => !pattern.Contains('*', StringComparison.Ordinal))
            : null;

    /// <summary>Slot name and model, in the file's order; empty when the agent has no slots.</summary>
    public static IReadOnlyList<(string Name, string Model)> Read(AgentContract contract, IReadOnlyDictionary<string, byte[]> files)
    {
        if (FileOf(contract, "models") is not { } path || !files.TryGetValue(path, out var bytes)) return [];
        if (StrictYaml.Parse(path, Encoding.UTF8.GetString(bytes)).Mapping("slots") is not { } slots) return [];
        return [.. slots.Keys.Select(slot => (slot, slots.Mapping(slot)?.Text("model") ?? "")).Where(slot => slot.Item2.Length > 0)];
    }
}
