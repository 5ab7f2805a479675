using Espalier.Gateway.Ingress;
using Microsoft.AspNetCore.Http;

namespace Espalier.Gateway.Policies.Guardrails;

/// <summary>How a client is told that a guardrail blocked something.</summary>
internal static class GuardrailBlock
{
    public static CallRefusal Of(Guard guard, string stage, string what, CallFinding? call = null) => call?.Code is { } code
        ? new CallRefusal(StatusCodes.Status403Forbidden, "permission_error", code, call.Message ?? what)
        : CallRefusal.Invalid(
            $"The guardrail '{guard.Name}' blocked the {(stage == "input" ? "request" : "answer")}: {what}.", code: "guardrail_blocked");
}
