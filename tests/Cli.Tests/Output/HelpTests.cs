using System.CommandLine;
using System.Text;
using Espalier.Cli.Output;
using Espalier.Cli.Tests.Fakes;
using Espalier.Testing;

namespace Espalier.Cli.Tests.Output;

public sealed class HelpTests
{
    [Fact]
    public async Task Help_WholeTree_IsGolden()
    {
        using var commands = new Commands();
        var text = new StringBuilder();
        foreach (var path in Paths(CommandLine.Build(new Shell(Terminal.OfProcess())), []))
        {
            var ended = await commands.RunAsync([.. path, "--help"]);
            ended.Exit.ShouldBe(0);
            text.Append("$ espalier ").AppendJoin(' ', path.Append("--help")).Append('\n').Append(ended.Out.TrimEnd()).Append("\n\n");
        }

        // The parser names the running program, which is the tests here.
        Golden.Match(text.ToString().Replace("Espalier.Cli.Tests", "espalier", StringComparison.Ordinal), "help.txt");
    }

    [Fact]
    public async Task Help_ExitCodes_PrintsEveryCode()
    {
        using var commands = new Commands();

        var ended = await commands.RunAsync("help", "exit-codes");

        foreach (var code in new[] { 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 130, 143 }) ended.Out.ShouldContain($"| {code} |");
    }

    [Fact]
    public async Task Run_NothingTyped_ShowsHelp()
    {
        using var commands = new Commands();

        var ended = await commands.RunAsync();

        ended.Exit.ShouldBe(0);
        ended.Out.ShouldContain("Usage:");
    }

    [Fact]
    public async Task Suggest_HalfANoun_CompletesIt()
    {
        using var commands = new Commands();

        var ended = await commands.RunAsync("[suggest:4]", "sess");

        ended.Out.Split('\n').ShouldContain("sessions");
    }

    private static IEnumerable<string[]> Paths(Command command, string[] path)
    {
        yield return path;
        foreach (var child in command.Subcommands)
            foreach (var below in Paths(child, [.. path, child.Name])) yield return below;
    }
}
