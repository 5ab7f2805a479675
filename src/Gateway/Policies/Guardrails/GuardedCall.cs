using Espalier.Core.Runs;

namespace Espalier.Gateway.Policies.Guardrails;

/// <summary>A tool call that a model made and nobody has seen yet.</summary>
/// <param name="Tool">Name of the tool.</param>
/// <param name="Arguments">JSON as the model wrote it.</param>
/// <param name="Guard">Name of the guardrail that looks at it.</param>
/// <param name="Run">Whose call it is.</param>
internal sealed record GuardedCall(string Tool, string Arguments, string Guard, RunContext Run)
{
    /// <summary>Whether the call goes out when nothing is found: what may be used once is used then.</summary>
    public bool IsLast { get; init; }
}
