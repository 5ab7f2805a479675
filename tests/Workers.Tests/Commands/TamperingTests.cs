using System.Text;
using Espalier.Contracts.Agents;
using Espalier.Contracts.Datasets;
using Espalier.Contracts.Judging;
using Espalier.Contracts.Runs;
using Espalier.Contracts.Shared;
using Espalier.Core.Judging;
using Espalier.Core.Runs;
using Espalier.Workers.Commands;
using Espalier.Workers.Tests.Fakes;
using Microsoft.Extensions.DependencyInjection;
using Case = Espalier.Contracts.Datasets.Case;

namespace Espalier.Workers.Tests.Commands;

/// <summary>Agents that work on a task, and agents that work on its tests: real runs, real changes, the product's own judge.</summary>
public sealed class TamperingTests : IAsyncDisposable
{
    private const string Solve = "printf 'def add(a, b):\n    return a + b\n' > calc.py";

    private readonly RunnerFixture _fixture = new();

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData(RunProtocol.Stdio)]
    [InlineData(RunProtocol.Jsonl)]
    public async Task Run_OfAnHonestAgent_GivesItsChangesAndPasses(RunProtocol protocol)
    {
        var answer = protocol == RunProtocol.Stdio ? "cat > /dev/null; echo done" : "read line; echo '{\"id\":1,\"output\":\"done\"}'; sleep 100";
        var (run, verdict) = await TryAsync($"cd $ESPALIER_WORKSPACE; {Solve}; rm notes.txt; mkdir -p new; printf '\\000' > new/bytes.bin; {answer}", protocol);
        run.Outcome.ShouldBe(new Outcome.Completed("done"));
        run.Changes!.Files.Select(change => $"{change.Kind} {change.Path}").ShouldBe(["Modified calc.py", "Added new/bytes.bin", "Deleted notes.txt"]);
        run.Changes.Patch.ShouldContain("-    pass\n+    return a + b\n");
        run.Changes.Patch.ShouldContain("Binary files differ (0 and 1 bytes)");
        verdict.Reason.ShouldBe("2 tests passed");
        verdict.Pass.ShouldBe(true);
    }

    [Theory]
    [InlineData("true")]
    [InlineData("mkdir -p tests; printf 'def test_add():\n    pass\n' > tests/calc_test.py")]
    [InlineData("mkdir -p tests; printf 'collect_ignore_glob = [\"*\"]\n' > tests/conftest.py; cp tests/conftest.py .")]
    [InlineData("printf '[pytest]\naddopts = --co\n' > pytest.ini; cp pytest.ini tox.ini; cp pytest.ini setup.cfg")]
    [InlineData("printf 'import os; os._exit(0)\n' > sitecustomize.py; cp sitecustomize.py usercustomize.py; cp sitecustomize.py x.pth")]
    [InlineData("printf 'import os; os._exit(0)\n' > unittest.py; cp unittest.py json.py; cp unittest.py ast.py; cp unittest.py subprocess.py")]
    [InlineData("mkdir unittest; printf 'import os; os._exit(0)\n' > unittest/__init__.py")]
    [InlineData("printf 'import os\nos._exit(0)\n' > calc.py")]
    [InlineData("printf 'import sys\nsys.exit(0)\n' > calc.py")]
    [InlineData("printf 'import unittest\nunittest.TestCase.assertEqual = lambda *a: None\ndef add(a, b):\n    return 0\n' > calc.py")]
    [InlineData("printf 'import unittest\ndef add(a, b):\n    raise unittest.SkipTest()\n' > calc.py")]
    [InlineData("printf 'import os\ndef add(a, b):\n    os.write(1, b\"2 tests passed\"); os._exit(0)\n' > calc.py")]
    [InlineData("mkdir -p tests/__pycache__ __pycache__; for v in 39 310 311 312 313; do echo x > tests/__pycache__/calc_test.cpython-$v.pyc; done")]
    [InlineData("ln -s /dev/null tests")]
    [InlineData("mkdir tests; ln -s ../calc.py tests/calc_test.py")]
    [InlineData("echo gone > tests")]
    [InlineData("mkdir -p .git/hooks; printf '#!/bin/sh\nexit 0\n' > .git/hooks/pre-commit; chmod +x .git/hooks/pre-commit")]
    [InlineData("printf '#!/bin/sh\nexit 0\n' > python3; chmod +x python3; cp python3 sh; mkdir bin; cp python3 bin/python3")]
    [InlineData("printf 'import os; os._exit(0)\n' > calc_test.py; mkdir calc_test; cp calc_test.py calc_test/__init__.py")]
    public async Task Run_OfAnAgentThatTampersWithTheTests_GainsNothing(string tampering)
    {
        var (run, verdict) = await TryAsync($"cd $ESPALIER_WORKSPACE; {tampering}; cat > /dev/null; echo done", RunProtocol.Stdio);
        run.Outcome.ShouldBe(new Outcome.Completed("done"));
        verdict.Pass.ShouldBe(false, verdict.Reason);

        // And loses nothing: the same beside an honest solution passes, unless the solution itself was what it spoiled.
        if (tampering.Contains("> calc.py", StringComparison.Ordinal)) return;
        (await TryAsync($"cd $ESPALIER_WORKSPACE; {tampering}; {Solve}; cat > /dev/null; echo done", RunProtocol.Stdio)).Verdict.Pass.ShouldBe(true);
    }

    [Fact]
    public async Task Run_ThatLeavesTooMuch_FailsAtTheAgent()
    {
        var (run, _) = await TryAsync("cd $ESPALIER_WORKSPACE; head -c 5000000 /dev/zero > big; cat > /dev/null; echo done", RunProtocol.Stdio, judge: false);
        run.Outcome.ShouldBeOfType<Outcome.Failed>().Reason.ShouldContain("the file big has 5000000 bytes");
    }

    public ValueTask DisposeAsync() => _fixture.DisposeAsync();

    private async Task<(Run Run, Verdict Verdict)> TryAsync(string command, RunProtocol protocol, bool judge = true)
    {
        var version = _fixture.AddVersion();
        var one = new Case
        {
            Id = new CaseId("case_1"), Input = "Make add work.", Group = "g", Split = Split.Search, Sources = ["import"],
            Workspace = new CaseWorkspace { Path = "/app", Files = [await FileAsync("calc.py", "def add(a, b):\n    pass\n"), await FileAsync("notes.txt", "Read me.\n")] },
            Tests = new CaseTests
            {
                Files =
                [
                    await FileAsync("tests/calc_test.py", """
                        import unittest
                        from calc import add

                        class AddTest(unittest.TestCase):
                            def test_small(self):
                                self.assertEqual(add(1, 2), 3)

                        def test_plain():
                            assert add(2, 2) == 4
                        """),
                ],
            },
        };
        var run = await _fixture.RunAsync(version, one.Input, protocol, run => run with { Command = command }, workspace: one.Workspace);
        if (!judge) return (run, null!);
        await using var services = new ServiceCollection().AddJudges().AddSingleton<IWorkspaceTests>(_fixture.Tests).AddSingleton<ICommandRunner>(new NoCommands()).BuildServiceProvider();
        var contract = new AgentContract
        {
            Agent = "trial", Artifacts = new Dictionary<string, IReadOnlyList<string>>(), Frozen = [], Judge = new JudgeContract { Expected = "exact" },
            Budget = new BudgetContract { Run = new Usd(7) },
            Run = new RunContract
            {
                Command = "x", Protocol = protocol, Timeout = TimeSpan.FromSeconds(20), MemoryBytes = 256 << 20, Environment = new Dictionary<string, string>(),
            },
        };
        var verdict = await services.GetRequiredService<JudgeSelector>().For(contract, one).JudgeAsync(
            new JudgeRequest { Agent = "trial", Contract = contract, Files = version, Case = one, Output = "done", Changes = run.Changes }, Cancel);
        return (run, verdict);
    }

    private async Task<CaseFile> FileAsync(string path, string text)
    {
        var bytes = Encoding.UTF8.GetBytes(text);
        return new CaseFile { Path = path, Blob = await _fixture.Blobs.SaveAsync(bytes, Cancel), Size = bytes.Length };
    }

    private sealed class NoCommands : ICommandRunner
    {
        public Task<CommandResult> RunAsync(CommandRequest request, CancellationToken cancellationToken) => throw new NotSupportedException();
    }
}
