using Espalier.Cli.Frontiers;
using Espalier.Cli.Output;

namespace Espalier.Cli.Demo;

/// <summary>The end of the demo: the table and plot, old against new on live traffic, and where to go on.</summary>
internal static class DemoEnding
{
    public static void Write(Invocation invocation, DemoRun run, DemoResult result, DemoFolder folder) =>
        invocation.Answer(result, DemoJson.Default.DemoResult, () =>
        {
            invocation.Line();
            FrontierOutput.Write(invocation, run.Report!);
            invocation.Line();
            var live = new Rows("live traffic", "requests", "pass rate (95%)", "cost a request");
            live.Add("before", result.Live.Before.Requests.ToString(), Rate(result.Live.Before), Cost(result.Live.Before));
            if (result.Live.After is { } after) live.Add("after", after.Requests.ToString(), Rate(after), Cost(after));
            live.Write(invocation);
            invocation.Line();
            invocation.Line($"report  {folder.Report}");
            invocation.Line($"plot    {folder.Plot}");
            invocation.Line($"took    {result.Seconds:0} s, spent ${result.SpentUsd:0.####} of ${result.BudgetUsd:0.##}");
            invocation.Line();
            invocation.Line("go on with");
            // A script that wraps this program says how it is called there, so that these lines can be pasted.
            var program = invocation.Terminal.Variable("ESPALIER_PROGRAM") is { Length: > 0 } name ? name : "espalier";
            var at = $"-C {Quote(Relative(invocation, folder.Path))}";
            invocation.Line($"  {program} frontier last {at}");
            if (result.Released is { } released)
            {
                invocation.Line($"  {program} compare baseline {Text.Short(released)} {at}");
                invocation.Line($"  {program} rollback {at}");
            }

            invocation.Line($"  {program} traces list {at}");
            invocation.Line($"  {program} optimize --budget 2usd {at}");
            invocation.Line($"  {program} init                      in your own agent's folder");
        });

    private static string Rate(DemoShare share) =>
        share.PassRate is { } rate ? $"{rate * 100:0.0}% ({share.PassRateLow * 100:0.0} to {share.PassRateHigh * 100:0.0})" : "unknown";

    private static string Cost(DemoShare share) => share.CostUsd is { } cost ? Text.Money(Contracts.Shared.Usd.FromDollars(cost)) : "unknown";

    private static string Relative(Invocation invocation, string path)
    {
        var relative = Path.GetRelativePath(invocation.Terminal.Directory, path);
        return relative.Length < path.Length ? relative : path;
    }

    private static string Quote(string path) => path.Contains(' ') ? $"\"{path}\"" : path;
}
