using Espalier.Core.Shared;

namespace Espalier.Gateway.Policies.Guardrails.Tools;

/// <summary>Which tools a model may call: <c>tools: [search, get_*]</c>. No other call reaches the agent.</summary>
internal sealed class ToolsGuardrail(IReadOnlyList<string> allowed) : IGuardrail
{
    public const string Key = "tools";

    public string Name => Key;

    public GuardScope Scope => GuardScope.Calls;

    public static ToolsGuardrail Read(StrictYaml yaml) =>
        new(yaml.Texts(Key) ?? throw yaml.Bad(Key, "is empty", "Write the tools that may be called, as in [search, get_*]; [] allows none."));

    public Task<CallFinding?> InspectAsync(GuardedCall call, CancellationToken cancellationToken) =>
        Task.FromResult(Problem(call.Tool) is { } problem ? new CallFinding(problem) : null);

    public string? Problem(string tool) => ToolNames.Match(allowed, tool) ? null : $"the tool '{tool}' is not on the list";
}
