using Espalier.Core.Shared;

namespace Espalier.Gateway.Policies.Guardrails.Approval;

/// <summary>Tools whose calls a person must allow: <c>approval: { tools: [refund], valid: 24h, uses: 1 }</c>.</summary>
internal sealed class ApprovalGuardrail(IReadOnlyList<string> tools, TimeSpan valid, int uses, ApprovalDesk desk) : IGuardrail
{
    public const string Key = "approval";

    private const int MostUses = 1000;

    public string Name => Key;

    public GuardScope Scope => GuardScope.Calls;

    public static ApprovalGuardrail Read(StrictYaml outer, ApprovalDesk desk)
    {
        var yaml = outer.Mapping(Key) ?? throw outer.Bad(Key, "is empty", "Write 'approval: { tools: [refund] }'.");
        var tools = yaml.Texts("tools") is { Count: > 0 } named ? named : throw yaml.Bad("tools", "is missing", "Write the tools whose calls wait for a person, as in [refund].");
        var text = yaml.Text("valid") ?? "24h";
        if (!Durations.TryParse(text, out var valid) || valid < TimeSpan.FromMinutes(1) || valid > TimeSpan.FromDays(30))
            throw yaml.Bad("valid", $"is '{text}'", "Write how long an approval holds, from 1m to 30d, such as 24h.");
        var uses = yaml.WholeNumber("uses", 1, MostUses) ?? 1;
        yaml.Finish();
        return new ApprovalGuardrail(tools, valid, uses, desk);
    }

    public async Task<CallFinding?> InspectAsync(GuardedCall call, CancellationToken cancellationToken) =>
        ToolNames.Match(tools, call.Tool) ? await desk.AskAsync(call, valid, uses, cancellationToken) : null;
}
