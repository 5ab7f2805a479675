using System.CommandLine;
using System.CommandLine.Help;
using Espalier.Cli.Agents;
using Espalier.Cli.Datasets;
using Espalier.Cli.Demo;
using Espalier.Cli.Frontiers;
using Espalier.Cli.Judging;
using Espalier.Cli.Operating;
using Espalier.Cli.Output;
using Espalier.Cli.Releases;
using Espalier.Cli.Runs;
using Espalier.Cli.Search;
using Espalier.Cli.Traces;

namespace Espalier.Cli;

/// <summary>The tree of commands, and one run of it from arguments to exit code.</summary>
internal static class CommandLine
{
    private const int PipeWidth = 120;

    private static readonly Dictionary<string, string> Singular = new()
    {
        ["agent"] = "agents", ["trace"] = "traces", ["dataset"] = "datasets", ["session"] = "sessions",
    };

    public static RootCommand Build(Shell shell)
    {
        var root = new RootCommand("Makes LLM agents better and cheaper from their own traffic.");
        // The built-in help option also answers to /? and /h, which are paths here.
        for (var i = root.Options.Count - 1; i >= 0; i--)
            if (root.Options[i] is HelpOption) root.Options.RemoveAt(i);
        root.Add(new HelpOption("--help", "-h")
        {
            Recursive = true,
            Description = "Show help and usage information",
            // A pipe has no width; left to itself the library asks the console and gives another text on each machine.
            Action = new HelpAction { MaxWidth = shell.Terminal is { OutIsTerminal: true, Width: > 0 } terminal ? terminal.Width : PipeWidth },
        });
        foreach (var option in shell.Globals.All) root.Add(option);

        foreach (var command in OperateCommands.Start(shell)) root.Add(command);
        root.Add(DemoCommand.Create(shell));
        root.Add(InitCommand.Create(shell));
        root.Add(DoctorCommand.Create(shell));
        root.Add(OptimizeCommand.Create(shell));
        root.Add(RunCommand.Create(shell));
        root.Add(JudgeCommand.Create(shell));
        root.Add(FrontierCommand.Create(shell));
        root.Add(CompareCommand.Create(shell));
        foreach (var command in ReleaseCommands.Create(shell)) root.Add(command);
        root.Add(TracesCommand.Create(shell));
        root.Add(DatasetsCommand.Create(shell));
        root.Add(SessionsCommand.Create(shell));
        root.Add(AgentsCommand.Create(shell));
        root.Add(SandboxCommand.Create(shell));
        root.Add(ToolsCommand.Create(shell));
        root.Add(KeysCommand.Create(shell));
        root.Add(BudgetsCommand.Create(shell));
        root.Add(ApprovalsCommand.Create(shell));
        root.Add(AuditCommand.Create(shell));
        foreach (var command in OperateCommands.Other(shell)) root.Add(command);
        return root;
    }

    public static async Task<int> RunAsync(Terminal terminal, string[] args, CancellationToken cancellationToken)
    {
        var shell = new Shell(terminal);
        var parse = Build(shell).Parse(Prepare(args.Length == 0 ? ["--help"] : args));
        if (UsageErrors.Find(parse, args) is { } error)
            return shell.Fail(error, Array.Exists(args, arg => arg == "--json" || arg.StartsWith("--json=", StringComparison.Ordinal)));
        return await parse.InvokeAsync(
            new InvocationConfiguration
            {
                Output = terminal.Out,
                Error = terminal.Err,
                EnableDefaultExceptionHandler = false,
                // Stopping a session cleanly takes some seconds after Ctrl-C.
                ProcessTerminationTimeout = TimeSpan.FromSeconds(15),
            },
            cancellationToken);
    }

    /// <summary>A bare <c>--json</c> takes no value, and a singular noun is the plural one.</summary>
    internal static string[] Prepare(string[] args)
    {
        var prepared = args.ToArray();
        var nounSeen = false;
        for (var i = 0; i < prepared.Length; i++)
        {
            if (prepared[i] == "--") break;
            if (prepared[i] == "--json") prepared[i] = $"--json={Globals.AllFields}";
            if (nounSeen || prepared[i].StartsWith('-') || prepared[i].StartsWith('[')) continue;
            if (i > 0 && prepared[i - 1] is "-C" or "--server" or "--key") continue;
            nounSeen = true;
            if (Singular.TryGetValue(prepared[i], out var plural)) prepared[i] = plural;
        }

        return prepared;
    }
}
