using Espalier.Core.Runs;
using Espalier.Core.Shared;

namespace Espalier.Workers.Sandboxes;

/// <summary>What a caller is told on a machine where no sandbox can be started.</summary>
internal static class SandboxRefusal
{
    public static Refusal From(SandboxCheck check) =>
        new("sandbox-unavailable", 503, $"Agents cannot be run here: {check.Detail}.", check.Fix ?? "See espalier doctor.");
}
