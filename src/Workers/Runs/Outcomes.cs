using Espalier.Contracts.Agents;
using Espalier.Contracts.Runs;
using Espalier.Core.Runs;
using Espalier.Workers.Sandboxes;

namespace Espalier.Workers.Runs;

/// <summary>Puts what happened into an outcome with a sentence that says what to do.</summary>
internal static class Outcomes
{
    private const int Shown = 200;

    public static Outcome NotSetUp(SandboxFault fault) =>
        new Outcome.Failed(Boundary.Sandbox, $"{fault.Message} Run espalier doctor.", fault.Stderr);

    public static Outcome TooMuchOutput(int limit, string stderr) =>
        Agent($"The agent wrote more than {limit} bytes for one answer and was ended. Write the answer to standard output and logs to standard error.",
            stderr);

    /// <summary>A process that serves many requests ended in the middle of one.</summary>
    public static Outcome Crashed(int code, RunContract contract, string stderr) =>
        Agent($"The agent ended with {Code(code)} before it answered. {Advice(code, contract)}", stderr);

    public static Outcome NeverStarted(int code, RunContract contract, string stderr) =>
        Agent($"The agent ended with {Code(code)} before it answered its first request. Check run.command in espalier.yaml ('{contract.Command}'): "
            + $"it must start here with nothing but the repository's files, and stay to read standard input. {Advice(code, contract)}", stderr);

    public static Outcome Exited(int code, RunContract contract, string stderr) =>
        Agent($"The agent ended with {Code(code)}. {Advice(code, contract)}", stderr);

    public static Outcome Garbage(string line, string stderr) =>
        Agent($"The agent answered something else than a JSON line with the request's id and an output: {Cut(line)}. Print logs to standard error.",
            stderr);

    public static Outcome WrongId(string got, string asked, string stderr) =>
        Agent($"The agent answered request {Cut(got)} when it was asked {asked}. Answer each line with its own id, in order.", stderr);

    public static Outcome NeverListened(int code, RunContract contract, string stderr) =>
        Agent($"The agent ended with {Code(code)} before it was ready. Check run.command in espalier.yaml ('{contract.Command}'): it must stay and serve HTTP on "
            + $"127.0.0.1 at the port that $PORT names. {(code == 0 ? "" : Advice(code, contract))}".TrimEnd(), stderr);

    public static Outcome NotReady(HttpContract http, string seen, string stderr) =>
        Agent($"The agent was not ready within {http.Start.TotalSeconds:0.#} s (run.start): {seen}. It must serve HTTP on 127.0.0.1 at the port that $PORT names.", stderr);

    public static Outcome WorkspaceNotTaken(string why, string stderr) => Agent($"What the agent left in its workspace could not be taken: {why}.", stderr);

    public static Outcome HttpStatus(int status, string body, string stderr) => Agent($"The agent answered with status {status}: {Cut(body)}", stderr);

    public static Outcome HttpGarbage(string body, string stderr) =>
        Agent($"The agent answered something else than a JSON object with output or error: {Cut(body)}", stderr);

    public static Outcome BrokenHttp(string what, string stderr) => Agent($"The agent broke off the connection before it answered: {Cut(what)}", stderr);

    public static Outcome Error(string error, string stderr) => Agent($"The agent reported an error: {Cut(error)}", stderr);

    /// <summary>What the gateway saw decides whose fault it was.</summary>
    public static Outcome Measured(Outcome outcome, RunMeasure measure, BudgetContract budget) => (outcome, measure) switch
    {
        (_, { RefusedByBudget: true }) => new Outcome.OverBudget(
            measure.RefusedLine?.Limit ?? budget.Run, measure.Refusal ?? "The budget is spent.", measure.RefusedLine?.Id),
        (Outcome.Failed { At: Boundary.Agent } failed, { ProviderError: { } error }) =>
            new Outcome.Failed(Boundary.Provider, $"The provider failed: {Cut(error)} {failed.Reason}", failed.Stderr),
        (Outcome.Failed { At: Boundary.Agent } failed, { ToolError: { } error }) =>
            new Outcome.Failed(Boundary.Tool, $"A tool server failed: {Cut(error)} {failed.Reason}", failed.Stderr),
        (Outcome.Failed { At: Boundary.Agent } failed, { Refusal: { } refusal }) =>
            failed with { Reason = $"{failed.Reason} The gateway refused a call: {Cut(refusal)}" },
        _ => outcome,
    };

    private static Outcome.Failed Agent(string reason, string stderr) => new(Boundary.Agent, reason, stderr);

    private static string Code(int code) => code > 128 ? $"signal {code - 128}" : $"exit code {code}";

    private static string Advice(int code, RunContract contract) => code switch
    {
        126 => "126 means that the command is not executable.",
        127 => "127 means that the command was not found in the sandbox.",
        137 => $"It was killed, most likely over its memory limit of {contract.MemoryBytes >> 20} MiB (run.memory).",
        0 => "An agent of protocol jsonl keeps reading lines until its standard input ends.",
        _ => "Its last words on standard error say more.",
    };

    private static string Cut(string text) => text.Length <= Shown ? text : $"{text[..Shown]}...";
}
