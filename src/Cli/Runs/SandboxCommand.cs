using System.CommandLine;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using Espalier.Cli.Output;
using Espalier.Contracts;
using Espalier.Contracts.Runs;

namespace Espalier.Cli.Runs;

/// <summary><c>sandbox run -- COMMAND</c>: any command exactly as a candidate would be run.</summary>
internal static class SandboxCommand
{
    public static Command Create(Shell shell) => Shell.Noun("sandbox", "Runs any command as a candidate would be run: try to break out", Run(shell));

    private static Command Run(Shell shell)
    {
        var command = new Argument<string[]>("command") { HelpName = "COMMAND", Arity = ArgumentArity.ZeroOrMore, Description = "After --; one text is a shell line (else the agent's own command)" };
        var folder = new Option<string?>("--folder") { HelpName = "DIR", Description = "Whose files it finds, as a private copy (else the current folder)" };
        var agent = new Option<string?>("--agent") { HelpName = "NAME", Description = "Take limits, variables and model policies of this agent's contract" };
        var input = new Option<string?>("--input") { HelpName = "TEXT|-", Description = "Its standard input; - hands this one's on (else nothing)" };
        var timeout = new Option<string?>("--timeout") { HelpName = "TIME", Description = "Wall time, such as 20s (else the agent's, or 60s)" };
        var memory = new Option<long?>("--memory-mb") { HelpName = "N", Description = "Memory in MiB (else the agent's, or 512)" };
        var processes = new Option<int?>("--processes") { HelpName = "N", Description = "Processes and threads" };
        var cores = new Option<double?>("--cores") { HelpName = "N", Description = "Processor cores" };
        var files = new Option<int?>("--open-files") { HelpName = "N", Description = "Open files of one process" };
        var disk = new Option<long?>("--disk-mb") { HelpName = "N", Description = "MiB of the work folder and of /tmp, each" };
        var diskFiles = new Option<int?>("--disk-files") { HelpName = "N", Description = "Files and folders in the work folder and in /tmp, each" };
        var output = new Option<int?>("--output-bytes") { HelpName = "N", Description = "Most bytes of standard output" };
        var budget = new Option<string?>("--budget") { HelpName = "MONEY", Description = "Most that it may spend on models (else the agent's, or 0.50usd)" };
        return shell.Connected(
            "run",
            "Runs a command in the sandbox, shows what it writes, and passes its exit code on",
            async (invocation, client, parse, cancellationToken) =>
            {
                if (parse.GetValue(folder) is null && !client.Url.IsLoopback)
                    throw CliError.Usage("Which folder of the server's machine?", $"The server is {client.Url}.", "Add --folder with a path there.");
                var line = ShellLine.Of(parse.GetValue(command) ?? []);
                if (line is null && parse.GetValue(agent) is null)
                    throw CliError.Usage("There is no command.", "sandbox run starts one.", "Write it at the end: espalier sandbox run -- COMMAND");
                var written = new WrittenOutput(invocation);
                var result = await client.Sandbox.RunAsync(
                    new SandboxRunRequest
                    {
                        Command = line,
                        Path = invocation.PathOf(parse.GetValue(folder) ?? "."),
                        Input = parse.GetValue(input) is not { } text ? null : text == "-" ? await invocation.Terminal.In.ReadToEndAsync(cancellationToken) : text,
                        Agent = parse.GetValue(agent),
                        Timeout = Durations.Read(parse.GetValue(timeout), "--timeout"),
                        MemoryBytes = parse.GetValue(memory) << 20,
                        Processes = parse.GetValue(processes),
                        Cores = parse.GetValue(cores),
                        OpenFiles = parse.GetValue(files),
                        DiskBytes = parse.GetValue(disk) << 20,
                        DiskFiles = parse.GetValue(diskFiles),
                        OutputBytes = parse.GetValue(output),
                        Budget = parse.GetValue(budget) is { } money ? Money.Read(money, "--budget") : null,
                    },
                    written.Add,
                    cancellationToken);
                written.End();
                if (invocation.Json) invocation.WriteJson(Whole(result, written));
                invocation.Say(Closing(result));
                return result.ExitCode ?? (result.Outcome is Outcome.OverBudget ? ExitCodes.StoppedAtLimit : ExitCodes.NoOutcome);
            },
            command, folder, agent, input, timeout, memory, processes, cores, files, disk, diskFiles, output, budget);
    }

    private static JsonObject Whole(SandboxRunResult result, WrittenOutput written)
    {
        var json = JsonSerializer.SerializeToNode(result, ContractsJson.Default.SandboxRunResult)!.AsObject();
        json["output"] = written.Output;
        json["error_output"] = written.Errors;
        return json;
    }

    private static string Closing(SandboxRunResult result)
    {
        var ended = result.Outcome switch
        {
            Outcome.Completed => "completed",
            Outcome.TimedOut late => $"ended after {Text.Seconds(late.Limit)}, its wall time",
            Outcome.OverBudget over => $"over budget: {over.Reason}",
            Outcome.Failed failed => $"failed at the {failed.At.ToString().ToLowerInvariant()}: {failed.Reason}",
            _ => "ended",
        };
        var code = result.ExitCode is { } known ? $"exit code {known}" : "no exit code";
        return $"{ended} ({code}, {Text.Money(result.Usage.Cost)} for {result.Usage.Calls} model calls, {Text.Seconds(result.Duration)}, trace {result.TraceId})";
    }

    /// <summary>What came, decoded as text; on a terminal without what could steer it.</summary>
    private sealed class WrittenOutput(Invocation invocation)
    {
        private readonly Decoder[] _decoders = [Encoding.UTF8.GetDecoder(), Encoding.UTF8.GetDecoder()];
        private readonly StringBuilder[] _kept = [new(), new()];

        public string Output => _kept[0].ToString();

        public string Errors => _kept[1].ToString();

        public void Add(SandboxRunOutput piece) => Write(piece.Stream == 1 ? 0 : 1, piece.Bytes, flush: false);

        /// <summary>Half a letter at the end is shown as what it is.</summary>
        public void End()
        {
            for (var i = 0; i < 2; i++) Write(i, [], flush: true);
        }

        private void Write(int stream, byte[] bytes, bool flush)
        {
            var letters = new char[_decoders[stream].GetCharCount(bytes, 0, bytes.Length, flush)];
            var text = new string(letters, 0, _decoders[stream].GetChars(bytes, 0, bytes.Length, letters, 0, flush));
            if (text.Length == 0) return;
            if (invocation.Json)
            {
                _kept[stream].Append(text);
                return;
            }

            var terminal = invocation.Terminal;
            if (stream == 0) terminal.Out.Write(terminal.OutIsTerminal ? Text.Clean(text) : text);
            else terminal.Err.Write(terminal.ErrIsTerminal ? Text.Clean(text) : text);
        }
    }
}
