using System.Globalization;
using Espalier.Core.Shared;
using Espalier.Gateway.Calls;
using Espalier.Gateway.Policies.Checks;
using Espalier.Gateway.Policies.Judges;

namespace Espalier.Gateway.Policies.Routes.Cascade;

/// <param name="Model">The model that is asked.</param>
/// <param name="Below">When the answer's confidence is lower, or is not known, the next step is asked; null when that decides nothing.</param>
/// <param name="Checks">When the answer fails one of them, the next step is asked.</param>
/// <param name="Judge">When it rates the answer lower than it wants, the next step is asked.</param>
internal sealed record CascadeStep(string Model, double? Below, IReadOnlyList<IReplyCheck> Checks, ModelJudge? Judge)
{
    public static CascadeStep Read(StrictYaml yaml, bool last, RouteScope scope)
    {
        var model = scope.ReadModel(yaml);
        var below = yaml.Number("below");
        var checks = scope.ReadChecks(yaml);
        var judge = scope.ReadJudge(yaml);
        yaml.Finish();
        if (last && (below is not null || checks.Count > 0 || judge is not null))
            throw yaml.Bad(below is not null ? "below" : checks.Count > 0 ? ReplyChecks.Key : ModelJudge.Key, "is set on the last step, which has no next", "Leave it out there.");
        if (!last && below is null && checks.Count == 0 && judge is null)
        {
            throw yaml.Bad(
                "below", "is missing", "Write when the next model is asked: 'below: 0.5' for the answer's confidence, 'check:' for its form, 'judge:' for a model's word.");
        }

        if (below is <= 0 or > 1) throw yaml.Bad("below", $"is {below}", "Write a number above 0 and at most 1.");
        return new CascadeStep(model, below, checks, judge);
    }

    /// <summary>Why the next step is to be asked, in words; null when the answer is good enough. What costs nothing is looked at first.</summary>
    public async Task<string?> WhyNotAsync(RoutedCall call, WholeReply reply, CancellationToken cancellationToken)
    {
        if (Below is { } least && (reply.Confidence ?? 0) < least)
            return reply.Confidence is { } sure ? string.Create(CultureInfo.InvariantCulture, $"confidence {sure:0.###} is below {least:0.###}") : "confidence is not known";
        foreach (var check in Checks)
            if (check.Problem(call.FactsOf(reply)) is { } problem) return $"{check.Name}: {problem}";
        if (Judge is not { } judge) return null;
        return await judge.RateAsync(call, reply, cancellationToken) switch
        {
            null => "judge: gave no rating",
            { } rating when rating < judge.Least => string.Create(CultureInfo.InvariantCulture, $"judge: {rating:0.###} is below {judge.Least:0.###}"),
            _ => null,
        };
    }
}
