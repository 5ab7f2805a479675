using Espalier.Gateway.Policies.Routes.Rules;

namespace Espalier.Gateway.Policies.Guardrails;

/// <summary>A guardrail of a version: what it looks for, where, and what is done about it.</summary>
internal sealed record Guard
{
    public required string Name { get; init; }

    public required IGuardrail Rail { get; init; }

    public required bool OnInput { get; init; }

    public required bool OnOutput { get; init; }

    /// <summary>Whose messages are looked at on the way in.</summary>
    public required IReadOnlyList<string> Roles { get; init; }

    public required GuardAction Action { get; init; }

    public required StreamMode Stream { get; init; }

    /// <summary>Characters that are held back of a stream.</summary>
    public required int Window { get; init; }

    /// <summary>For which calls; null for all.</summary>
    public Condition? When { get; init; }
}

/// <summary>What is done about a finding.</summary>
internal enum GuardAction
{
    Block,
    Redact,
    Flag,
}

/// <summary>How a streamed answer is looked at, from what is safest to what is fastest.</summary>
internal enum StreamMode
{
    /// <summary>Nothing is shown before all of it was looked at.</summary>
    Buffer,

    /// <summary>The last characters are held back; what is shown was looked at.</summary>
    Window,

    /// <summary>All is shown at once, and findings are only written down.</summary>
    Audit,
}
