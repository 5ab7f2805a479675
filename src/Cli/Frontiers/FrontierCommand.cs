using System.CommandLine;
using System.Text.Json;
using Espalier.Cli.Agents;
using Espalier.Cli.Output;
using Espalier.Cli.Search;
using Espalier.Contracts;
using Espalier.Contracts.Frontiers;
using Espalier.Sdk;

namespace Espalier.Cli.Frontiers;

/// <summary><c>frontier [SESSION]</c>: table and plot, or a file in another form.</summary>
internal static class FrontierCommand
{
    private static readonly string[] Formats = ["table", "csv", "md", "svg", "html", "json"];

    public static Command Create(Shell shell)
    {
        var name = new Argument<string?>("session") { HelpName = "SESSION", Arity = ArgumentArity.ZeroOrOne, Description = "Id, name or last (the newest)" };
        var output = Flags.Output();
        var format = new Option<string?>("--format") { HelpName = string.Join('|', Formats), Description = "The form (table, or by the file's ending)" };
        return shell.Connected(
            "frontier",
            "Shows what a search found: pass rate against cost, with intervals",
            async (invocation, client, parse, cancellationToken) =>
            {
                var file = parse.GetValue(output);
                var form = ReadFormat(parse.GetValue(format), file);
                var session = await SessionChoice.ResolveAsync(client, parse.GetValue(name), cancellationToken);
                if (file is not null) await Files.WriteAsync(invocation, file, await TextAsync(client, session, form, invocation, cancellationToken), cancellationToken);
                else if (form == "table") await ShowAsync(invocation, client, session, cancellationToken);
                else invocation.Terminal.Out.WriteLine(await TextAsync(client, session, form, invocation, cancellationToken));
                return ExitCodes.Done;
            },
            name,
            output,
            format);
    }

    private static string ReadFormat(string? asked, string? file)
    {
        var form = asked ?? Path.GetExtension(file)?.TrimStart('.').ToLowerInvariant() switch
        {
            "htm" or "html" => "html", "svg" => "svg", "csv" => "csv", "md" => "md", "json" => "json", _ => "table",
        };
        return Formats.Contains(form)
            ? form
            : throw CliError.Usage($"--format is \"{form}\".", $"It is one of {string.Join(", ", Formats)}.", $"Write --format {Nearest.Of(form, Formats, 1)[0]}");
    }

    private static async Task ShowAsync(Invocation invocation, EspalierClient client, string session, CancellationToken cancellationToken)
    {
        var report = await client.Frontiers.GetAsync(session, cancellationToken);
        invocation.Answer(report, ContractsJson.Default.FrontierReport, () => FrontierOutput.Write(invocation, report));
        if (FrontierVerdict.Of(report).Best is { } best) invocation.Next($"espalier release {Text.Short(best.Version.Value)}");
    }

    private static async Task<string> TextAsync(EspalierClient client, string session, string form, Invocation invocation, CancellationToken cancellationToken)
    {
        switch (form)
        {
            case "html":
                return await client.Frontiers.HtmlAsync(session, cancellationToken);
            case "svg":
                return await client.Frontiers.SvgAsync(session, cancellationToken);
        }

        var report = await client.Frontiers.GetAsync(session, cancellationToken);
        return form switch
        {
            "csv" => FrontierFiles.Csv(report),
            "md" => FrontierFiles.Markdown(report),
            "json" => JsonSerializer.Serialize(report, ContractsJson.Default.FrontierReport),
            _ => FrontierOutput.Text(report, invocation.Plain),
        };
    }
}
