using Espalier.Core.Shared;
using Espalier.Gateway.Policies.Guardrails.Approval;
using Espalier.Gateway.Policies.Guardrails.Pattern;
using Espalier.Gateway.Policies.Guardrails.Pii;
using Espalier.Gateway.Policies.Guardrails.Schema;
using Espalier.Gateway.Policies.Guardrails.Tools;
using Espalier.Gateway.Policies.Routes.Rules;

namespace Espalier.Gateway.Policies.Guardrails;

/// <summary>Reads <c>guardrails.yaml</c>: a list, each entry with the key of exactly one kind.</summary>
internal sealed class GuardReader(ApprovalDesk desk)
{
    private const int MostGuards = 50;
    private const int UsualWindow = 256;
    private const int MostWindow = 16_384;

    private static readonly string[] Roles = ["system", "developer", "user", "assistant", "tool"];

    public IReadOnlyList<Guard> Read(StrictYaml yaml, IReadOnlyDictionary<string, byte[]> files)
    {
        var entries = yaml.Mappings("guardrails") ?? [];
        if (entries.Count > MostGuards) throw yaml.Bad("guardrails", $"holds {entries.Count} guardrails", $"Write at most {MostGuards}.");
        var guards = new List<Guard>();
        foreach (var entry in entries)
        {
            var guard = ReadGuard(entry, files);
            if (guards.Exists(other => other.Name == guard.Name)) throw entry.Bad("name", $"is '{guard.Name}', as another guardrail's is", "Give each a name of its own.");
            guards.Add(guard);
            entry.Finish();
        }

        return guards;
    }

    private Guard ReadGuard(StrictYaml yaml, IReadOnlyDictionary<string, byte[]> files)
    {
        var kinds = new Dictionary<string, Func<IGuardrail>>
        {
            [PiiGuardrail.Key] = () => PiiGuardrail.Read(yaml),
            [PatternGuardrail.Key] = () => PatternGuardrail.Read(yaml),
            [SchemaGuardrail.Key] = () => SchemaGuardrail.Read(yaml, files),
            [ToolsGuardrail.Key] = () => ToolsGuardrail.Read(yaml),
            [ApprovalGuardrail.Key] = () => ApprovalGuardrail.Read(yaml, desk),
        };
        var known = kinds.Keys.Where(yaml.Has).ToList();
        if (known.Count == 0) throw yaml.Bad(yaml.Keys.FirstOrDefault() ?? "name", "stands in a guardrail of no kind", $"Write one of {string.Join(", ", kinds.Keys)} there.");
        if (known.Count > 1) throw yaml.Bad(known[1], $"stands beside '{known[0]}'", "A guardrail is of one kind: write two.");
        var rail = kinds[known[0]]();
        var (onInput, onOutput) = ReadStages(yaml, rail);
        return new Guard
        {
            Name = yaml.Text("name") ?? known[0],
            Rail = rail,
            OnInput = onInput,
            OnOutput = onOutput,
            Roles = ReadRoles(yaml, onInput),
            Action = ReadAction(yaml, rail),
            Stream = ReadStream(yaml, rail),
            Window = ReadWindow(yaml),
            When = yaml.Mapping("when") is { } when ? Condition.Read(when) : null,
        };
    }

    private static (bool Input, bool Output) ReadStages(StrictYaml yaml, IGuardrail rail)
    {
        var both = rail.Scope == GuardScope.Texts;
        var stages = yaml.Texts("stage") ?? (both ? ["input", "output"] : ["output"]);
        foreach (var stage in stages)
        {
            if (stage is not ("input" or "output")) throw yaml.Bad("stage", $"holds '{stage}'", "Write input, output or [input, output].");
            if (stage == "input" && !both) throw yaml.Bad("stage", $"holds input, and '{rail.Name}' looks at what models answer", "Write 'stage: output', or leave it out.");
        }

        return stages.Count > 0 ? (stages.Contains("input"), stages.Contains("output")) : throw yaml.Bad("stage", "is an empty list", "Write input, output or [input, output].");
    }

    private static IReadOnlyList<string> ReadRoles(StrictYaml yaml, bool onInput)
    {
        if (yaml.Texts("roles") is not { } roles) return ["user", "tool"];
        if (!onInput) throw yaml.Bad("roles", "is set, and the guardrail does not look at input", "Leave it out, or write 'stage: input'.");
        foreach (var role in roles)
            if (!Roles.Contains(role)) throw yaml.Bad("roles", $"holds '{role}'", $"Write some of {string.Join(", ", Roles)}.");
        return roles.Count > 0 ? roles : throw yaml.Bad("roles", "is an empty list", $"Write some of {string.Join(", ", Roles)}.");
    }

    private static GuardAction ReadAction(StrictYaml yaml, IGuardrail rail)
    {
        var action = yaml.Text("action") switch
        {
            "block" => GuardAction.Block,
            "redact" => GuardAction.Redact,
            "flag" => GuardAction.Flag,
            null when rail is ApprovalGuardrail => GuardAction.Block,
            null => throw yaml.Bad("action", "is missing", "Write what is done about a finding: block, redact or flag."),
            { } other => throw yaml.Bad("action", $"is '{other}'", "Write block, redact or flag."),
        };
        if (action == GuardAction.Redact && rail.Scope != GuardScope.Texts) throw yaml.Bad("action", $"is redact, and '{rail.Name}' finds no text that could be taken out", "Write block or flag.");
        if (action != GuardAction.Block && rail is ApprovalGuardrail) throw yaml.Bad("action", "is not block", "A call that waits for approval is always held: leave it out.");
        return action;
    }

    private static StreamMode ReadStream(StrictYaml yaml, IGuardrail rail)
    {
        var mode = yaml.Text("stream") switch
        {
            null or "buffer" => StreamMode.Buffer,
            "window" => StreamMode.Window,
            "audit" => StreamMode.Audit,
            { } other => throw yaml.Bad("stream", $"is '{other}'", "Write buffer, window or audit."),
        };
        if (mode == StreamMode.Window && rail.Scope == GuardScope.Replies) throw yaml.Bad("stream", $"is window, and '{rail.Name}' needs the whole answer", "Write buffer or audit.");
        if (mode == StreamMode.Audit && rail is ApprovalGuardrail) throw yaml.Bad("stream", "is audit, which holds nothing", "Write buffer or window.");
        return mode;
    }

    private static int ReadWindow(StrictYaml yaml)
    {
        var window = yaml.WholeNumber("window", 1, MostWindow);
        if (window is not null && yaml.Text("stream") != "window") throw yaml.Bad("window", "is set, and stream is not window", "Write 'stream: window', or leave it out.");
        return window ?? UsualWindow;
    }
}
