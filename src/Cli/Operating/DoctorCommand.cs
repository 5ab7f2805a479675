using System.CommandLine;
using Espalier.Cli.Agents;
using Espalier.Cli.Output;
using Espalier.Contracts;
using Espalier.Contracts.Shared;

namespace Espalier.Cli.Operating;

/// <summary><c>doctor</c>: checks this machine and the agent here; says how to mend each thing.</summary>
internal static class DoctorCommand
{
    public static Command Create(Shell shell) => shell.Connected(
        "doctor",
        "Checks the contract, the sandbox, providers and stores; says how to fix each thing",
        async (invocation, client, _, cancellationToken) =>
        {
            var report = await client.Server.DoctorAsync(AgentChoice.ContractFolder(invocation.Folder), cancellationToken);
            invocation.Answer(report, ContractsJson.Default.DoctorReport, () =>
            {
                foreach (var check in report.Checks)
                {
                    invocation.Line($"{(check.Ok ? "ok  " : "FAIL")}  {check.Name,-14} {check.Detail}");
                    if (!check.Ok && check.Fix is { } fix) invocation.Line($"      {"",-14} fix: {fix}");
                }
            });
            if (report.Checks.All(check => check.Ok)) invocation.Next("espalier run --input TEXT");
            return ExitOf(report);
        });

    private static int ExitOf(DoctorReport report)
    {
        var bad = report.Checks.Where(check => !check.Ok).ToArray();
        if (bad.Length == 0) return ExitCodes.Done;
        return Array.Exists(bad, check => check.Name.Contains("contract", StringComparison.OrdinalIgnoreCase)) ? ExitCodes.Usage : ExitCodes.Unreachable;
    }
}
