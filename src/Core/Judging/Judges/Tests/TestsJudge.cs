using Espalier.Contracts.Agents;
using Espalier.Contracts.Judging;
using Espalier.Contracts.Runs;
using Espalier.Core.Runs;

namespace Espalier.Core.Judging.Judges.Tests;

/// <summary>Runs the tests that a case brings on what the agent changed: the judge of coding tasks.</summary>
/// <remarks>The tests get a fresh copy of the workspace, of the agent's changes those alone that hold no tests and steer no test runner, and
/// are laid over all of it last. So an agent that edits, deletes or shadows tests gains nothing. What is left is that code under test shares its
/// process with tests of the same language; see the contract's guide.</remarks>
internal sealed class TestsJudge(IWorkspaceTests tests) : IJudge
{
    private const int ShownLength = 300;

    public string Name => "tests";

    /// <summary>A case asks for it, not a contract.</summary>
    public bool IsAskedBy(JudgeContract contract) => false;

    public async Task<Verdict> JudgeAsync(JudgeRequest request, CancellationToken cancellationToken)
    {
        var brought = request.Case.Tests!;
        var (counted, leftOut) = ChangeFilter.Divide(request.Changes?.Files ?? [], brought);
        var trial = new WorkspaceTrial
        {
            Workspace = request.Case.Workspace!,
            Changes = counted,
            Tests = brought,
            Timeout = request.Contract.Run.Timeout,
            MemoryBytes = request.Contract.Run.MemoryBytes,
        };
        var result = await tests.RunAsync(trial, cancellationToken);
        if (result.End == CommandEnd.SandboxFailed) result = await tests.RunAsync(trial, cancellationToken);
        var words = (FirstLine(result.Output) ?? FirstLine(result.Stderr) ?? "the tests said nothing") + Words(leftOut);
        return (result.End, result.ExitCode) switch
        {
            (CommandEnd.Exited, 0) => Say(true, words),
            (CommandEnd.Exited, 1) => Say(false, words),
            // A change can hang or flood the tests; that is the change's failure and not the tests'.
            (CommandEnd.TimedOut, _) => Say(false, $"the tests did not end within {trial.Timeout.TotalSeconds:0.#} s"),
            (CommandEnd.TooMuchOutput, _) => Say(false, "the tests wrote without end"),
            (CommandEnd.Exited, > 128 and var code) => Say(false, $"the tests were ended by signal {code - 128}"),
            (CommandEnd.Exited, var code) => Say(null, $"the tests ended with exit code {code}, which is neither 0 (pass) nor 1 (fail): {words}") with { Broken = true },
            _ => Say(null, $"no sandbox for the tests: {FirstLine(result.Stderr)}") with { Broken = true },
        };
    }

    private static string Words(IReadOnlyList<FileChange> leftOut) =>
        leftOut.Count == 0 ? "" : $" ({leftOut.Count} changes not counted, for they hold tests or steer them: {string.Join(", ", leftOut.Take(3).Select(change => change.Path))})";

    private static Verdict Say(bool? pass, string reason) =>
        new() { Score = pass is { } known ? known ? 1 : 0 : null, Pass = pass, Reason = reason, Judge = "tests" };

    private static string? FirstLine(string text)
    {
        var line = text.Split('\n', 2)[0].Trim();
        return line.Length == 0 ? null : line.Length <= ShownLength ? line : $"{line[..ShownLength]}...";
    }
}
