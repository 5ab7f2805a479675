using Espalier.Contracts.Agents;
using Espalier.Contracts.Judging;
using Espalier.Core.Shared;

namespace Espalier.Core.Judging.Judges.Expected;

/// <summary>Compares the output with the case's reference answer. Free, and always says the same.</summary>
internal sealed class ExpectedJudge : IJudge
{
    private const int ShownLength = 120;

    public string Name => "expected";

    public bool IsAskedBy(JudgeContract contract) => contract.Expected is not null;

    public Task<Verdict> JudgeAsync(JudgeRequest request, CancellationToken cancellationToken)
    {
        var mode = request.Contract.Judge.Expected!;
        var judge = $"expected/{mode}";
        if (request.Case.Reference is not { } reference)
            return Task.FromResult(new Verdict { Score = null, Pass = null, Reason = "the case has no reference answer", Judge = judge });
        var pass = AnswerComparison.Equal(request.Output, reference, mode);
        return Task.FromResult(new Verdict
        {
            Score = pass ? 1 : 0,
            Pass = pass,
            Reason = pass ? "as expected" : $"expected {Cut(reference)}, got {Cut(request.Output)}",
            Judge = judge,
        });
    }

    private static string Cut(string text) =>
        text.Length == 0 ? "nothing" : text.Length <= ShownLength ? text : $"{text[..ShownLength]}...";
}
