using Espalier.Contracts.Agents;
using Espalier.Contracts.Judging;
using Espalier.Core.Shared;

namespace Espalier.Core.Judging.Judges.Rubric;

/// <summary>Judging by a rubric needs a model that can read one; none of the embedded models can, and this judge says so.</summary>
internal sealed class RubricJudge : IJudge
{
    public string Name => "rubric";

    public bool IsAskedBy(JudgeContract contract) => contract is { Rubric: not null, Expected: null, Verifier: null };

    public Task<Verdict> JudgeAsync(JudgeRequest request, CancellationToken cancellationToken) => throw new Refusal(
        "judge-unavailable", 422, $"The contract judges by the rubric {request.Contract.Judge.Rubric}, and rubric judging is not available in this version.",
        "Set 'judge: { expected: normalised }' or 'judge: { verifier: COMMAND }' in espalier.yaml.");
}
