using System.Text.Json;
using System.Text.Json.Serialization;
using Espalier.Contracts.Agents;
using Espalier.Contracts.Judging;
using Espalier.Core.Runs;

namespace Espalier.Core.Judging.Judges.Verifier;

/// <summary>A command of the contract that reads <c>{"input", "reference", "output"}</c> and answers by its exit code: 0 passes, 1 fails.</summary>
/// <remarks>Its first line of output is the reason. It runs in a sandbox of its own, without network, on the baseline's files, so that a
/// candidate cannot change what it is judged by. Any other ending is an abstention: a broken verifier is not the agent's failure.</remarks>
internal sealed class VerifierJudge(ICommandRunner commands) : IJudge
{
    private const int ShownLength = 300;

    public string Name => "verifier";

    public bool IsAskedBy(JudgeContract contract) => contract is { Verifier: not null, Expected: null };

    public async Task<Verdict> JudgeAsync(JudgeRequest request, CancellationToken cancellationToken)
    {
        var question = new VerifierQuestion(request.Case.Input, request.Case.Reference, request.Output);
        var command = new CommandRequest
        {
            Version = request.Files,
            Command = request.Contract.Judge.Verifier!,
            Input = JsonSerializer.Serialize(question, VerifierJson.Default.VerifierQuestion),
            Timeout = request.Contract.Run.Timeout,
            MemoryBytes = request.Contract.Run.MemoryBytes,
        };
        var result = await commands.RunAsync(command, cancellationToken);
        // A sandbox that could not be set up says nothing of the answer; a second time is the machine's state.
        if (result.End == CommandEnd.SandboxFailed) result = await commands.RunAsync(command, cancellationToken);
        var said = FirstLine(result.Output);
        return (result.End, result.ExitCode) switch
        {
            (CommandEnd.Exited, 0) => Say(true, said ?? "the verifier accepts it"),
            (CommandEnd.Exited, 1) => Say(false, said ?? "the verifier refuses it"),
            (CommandEnd.Exited, var code) => Broken( $"the verifier ended with exit code {code}, which is neither 0 (pass) nor 1 (fail): {FirstLine(result.Stderr) ?? said}"),
            _ => Broken($"the verifier did not end: {result.End}"),
        };
    }

    private static Verdict Say(bool? pass, string reason) =>
        new() { Score = pass is { } known ? known ? 1 : 0 : null, Pass = pass, Reason = reason, Judge = "verifier" };

    private static Verdict Broken(string reason) => Say(null, reason) with { Broken = true };

    private static string? FirstLine(string text)
    {
        var line = text.Split('\n', 2)[0].Trim();
        return line.Length == 0 ? null : line.Length <= ShownLength ? line : $"{line[..ShownLength]}...";
    }
}

internal sealed record VerifierQuestion(string Input, string? Reference, string Output);

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower)]
[JsonSerializable(typeof(VerifierQuestion))]
internal sealed partial class VerifierJson : JsonSerializerContext;
