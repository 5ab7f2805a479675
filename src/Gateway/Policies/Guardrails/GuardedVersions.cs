using Espalier.Core.Shared;
using Espalier.Gateway.Accounting;
using Espalier.Gateway.Ingress;

namespace Espalier.Gateway.Policies.Guardrails;

/// <summary>Ways to an answer that pass guardrails by are closed to versions that have some.</summary>
internal sealed class GuardedVersions(PolicyCache policies)
{
    /// <exception cref="CallRefusal">The run's version has guardrails that would not be asked.</exception>
    public async Task RefuseAsync(RunAccount run, string what, bool outputOnly, CancellationToken cancellationToken)
    {
        if (run.Context.Version is not { } version) return;
        try
        {
            var guards = (await policies.GetAsync(run.Context.Agent, version, cancellationToken)).Guards;
            if (guards.Any(guard => guard.OnOutput || !outputOnly)) throw Refusal(run, what);
        }
        catch (Refusal refusal)
        {
            throw CallRefusal.Invalid(refusal.Message, code: "policy_invalid");
        }
    }

    public static CallRefusal Refusal(RunAccount run, string what)
    {
        var message = $"{what} passes by the guardrails of this version, which look at every request and answer. Ask for an answer directly: whole or as a stream.";
        run.Refused(message, byBudget: false);
        return CallRefusal.Invalid(message, code: "guardrail_passed_by");
    }
}
