using System.Text.Json;
using Espalier.Contracts.Agents;
using Espalier.Gateway.Text;

namespace Espalier.Gateway.Tools;

/// <summary>Whether a call changes something outside. What says nothing of itself does.</summary>
internal static class ToolEffects
{
    /// <param name="tool">Its declaration.</param>
    /// <param name="name">The tool's own name, or method and path.</param>
    /// <param name="saysItReads">Whether the annotations, or the HTTP method, say that it changes nothing.</param>
    public static bool Reads(ToolContract tool, string name, bool saysItReads) => RuleFor(tool, name) switch
    {
        ToolWrites.Never => true,
        ToolWrites.Always => false,
        _ => saysItReads,
    };

    /// <summary>Read-only, and not destructive on top of it.</summary>
    public static bool SaysItReads(JsonElement definition) =>
        definition.TryGetProperty("annotations", out var notes) && notes.ValueKind == JsonValueKind.Object
        && notes.TryGetProperty("readOnlyHint", out var reads) && reads.ValueKind == JsonValueKind.True
        && !(notes.TryGetProperty("destructiveHint", out var destroys) && destroys.ValueKind != JsonValueKind.False);

    // Of several patterns that fit, the strictest: a broad 'never' must not open what another line closes.
    private static ToolWrites RuleFor(ToolContract tool, string name)
    {
        if (tool.WritesByName.TryGetValue(name, out var exact)) return exact;
        ToolWrites? found = null;
        foreach (var (pattern, writes) in tool.WritesByName)
        {
            if (!Globs.Matches(pattern, name)) continue;
            if (writes == ToolWrites.Always) return writes;
            if (found is null or ToolWrites.Never) found = writes;
        }

        return found ?? tool.Writes;
    }
}
