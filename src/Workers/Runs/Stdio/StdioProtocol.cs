using Espalier.Contracts.Agents;
using Espalier.Contracts.Runs;
using Espalier.Core.Runs;

namespace Espalier.Workers.Runs.Stdio;

/// <summary>One process a request: the input on standard input, the answer all of standard output.</summary>
internal sealed class StdioProtocol : IProtocol
{
    public RunProtocol Word => RunProtocol.Stdio;

    public bool IsWarm => false;

    public bool Listens => false;

    public IAgentProcess Attach(ISandboxProcess process, RunContract contract, int outputBytes) => new Agent(process, contract, outputBytes);

    private sealed class Agent(ISandboxProcess process, RunContract contract, int outputBytes) : IAgentProcess
    {
        public Task<Outcome?> WaitUntilReadyAsync(CancellationToken cancellationToken) => Task.FromResult<Outcome?>(null);

        public async Task<Answer> AskAsync(Question question, CancellationToken cancellationToken)
        {
            var end = await OneShot.RunAsync(process, question.Input, outputBytes, cancellationToken);
            if (end.TooMuch) return new Answer(Outcomes.TooMuchOutput(outputBytes, process.StderrTail), Reusable: false);
            return new Answer(end.ExitCode == 0 ? new Outcome.Completed(end.Output) : Outcomes.Exited(end.ExitCode, contract, process.StderrTail), Reusable: false);
        }

        public void Dispose()
        {
        }
    }
}
