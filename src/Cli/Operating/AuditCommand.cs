using System.CommandLine;
using System.Text.Json.Nodes;
using Espalier.Cli.Output;
using Espalier.Contracts;

namespace Espalier.Cli.Operating;

/// <summary><c>audit</c>: who did what; <c>audit verify</c>: is the chain whole.</summary>
internal static class AuditCommand
{
    public static Command Create(Shell shell)
    {
        var after = new Option<long?>("--after") { Description = "Only entries after this number", HelpName = "N" };
        var limit = new Option<int>("--limit") { Description = "Most entries", HelpName = "N", DefaultValueFactory = _ => 50 };
        var audit = shell.Connected(
            "audit",
            "Lists who did what; `audit verify` checks that nothing was changed since",
            async (invocation, client, parse, cancellationToken) =>
            {
                var page = await client.Server.AuditAsync(parse.GetValue(after), parse.GetValue(limit), cancellationToken);
                invocation.Answer(page, ContractsJson.Default.PageAuditEntry, () =>
                {
                    var rows = new Rows("#", "at", "who", "did", "to", "detail");
                    foreach (var entry in page.Items)
                        rows.Add(entry.Sequence.ToString(), entry.At.ToString("u"), entry.Act.Principal, entry.Act.Action, Text.Short(entry.Act.Target), Text.Cut(entry.Act.Detail, 80));
                    rows.Write(invocation);
                });
                return ExitCodes.Done;
            },
            after,
            limit);
        audit.Add(shell.Connected(
            "verify",
            "Checks the chain of hashes",
            async (invocation, client, _, cancellationToken) =>
            {
                await client.Server.VerifyAuditAsync(cancellationToken);
                if (invocation.Json) invocation.WriteJson(new JsonObject { ["whole"] = true });
                else invocation.Line("the chain is whole");
                return ExitCodes.Done;
            }));
        return audit;
    }
}
