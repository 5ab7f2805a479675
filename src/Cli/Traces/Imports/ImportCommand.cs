using System.CommandLine;
using System.Globalization;
using Espalier.Cli.Output;

namespace Espalier.Cli.Traces.Imports;

/// <summary><c>traces import</c>: files of others, recognised by their content.</summary>
internal static class ImportCommand
{
    public static Command Create(Shell shell)
    {
        var files = new Argument<string[]>("files") { HelpName = "FILE", Description = "OTLP (JSON or protobuf), Langfuse exports, tau-bench sessions, JSON lines; each also as .gz", Arity = ArgumentArity.OneOrMore };
        var format = new Option<string?>("--format") { HelpName = "FORMAT", Description = "otlp, langfuse, tau-bench or jsonl; default: each record by its content" };
        var agent = new Option<string?>("--agent") { HelpName = "NAME", Description = "The agent that the traffic is of; default: what the file says" };
        var at = new Option<string?>("--at") { HelpName = "TIME", Description = "When traces began that do not say it; default: 2024-01-01" };
        return shell.Connected(
            "import",
            "Stores traces from files; importing a file again changes nothing",
            async (invocation, client, parse, cancellationToken) =>
            {
                using var block = new ProgressBlock(invocation);
                var sender = new TraceSender(invocation, client, block, parse.GetValue(format), parse.GetValue(agent), TimeOf(parse.GetValue(at)));
                foreach (var file in parse.GetValue(files)!) await sender.SendAsync(invocation.PathOf(file), cancellationToken);
                block.Dispose();
                var answer = sender.Answer();
                invocation.Answer(answer, CliJson.Default.ImportedTraces, () =>
                {
                    invocation.Line($"imported {answer.Traces} traces with {answer.Spans} spans and {answer.Feedback} feedback");
                    foreach (var (name, count) in answer.Records) invocation.Line($"{name,-10} {count} records");
                });
                invocation.Next("espalier traces list");
                return answer.Records.Count == 0 ? ExitCodes.Usage : ExitCodes.Done;
            },
            files, format, agent, at);
    }

    private static DateTimeOffset? TimeOf(string? text) =>
        text is null ? null
        : DateTimeOffset.TryParse(text, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out var time) ? time
        : throw CliError.Usage($"'{text}' is no time.", "--at says when traces began that do not say it.", "Write it like 2026-01-31 or 2026-01-31T12:00:00Z.");
}
