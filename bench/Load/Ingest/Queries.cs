using System.Globalization;

namespace Espalier.Ingest;

/// <summary>What a console asks, through REST: one trace, the failing ones of the last hours, everything apart by hour and version.</summary>
internal sealed class Queries(LoadPlan plan, LoadServer server, Sender sender)
{
    public async Task<IReadOnlyList<(string Name, double First, Quantiles Ms)>> MeasureAsync()
    {
        var since = Uri.EscapeDataString(TimeProvider.System.GetUtcNow().AddHours(-4).ToString("O", CultureInfo.InvariantCulture));
        var traces = sender.Some;
        return
        [
            await AskAsync("one trace by id", i => $"/api/v1/traces/{traces[i % traces.Count]}"),
            await AskAsync("4 h, service, errors, 50 of them", _ => $"/api/v1/traces?service=support-desk&has_error=true&since={since}&limit=50"),
            await AskAsync("errors of a service, no time bound, 50", _ => "/api/v1/traces?service=support-desk&has_error=true&limit=50"),
            await AskAsync("by hour and version: count, cost, tokens, errors, 3 quantiles", _ => "/api/v1/traces/breakdown?by=hour,version&limit=1000"),
            await AskAsync("words, one day", _ => $"/api/v1/traces?text=parcel&since={Uri.EscapeDataString(TimeProvider.System.GetUtcNow().AddDays(-1).ToString("O", CultureInfo.InvariantCulture))}&limit=50"),
        ];
    }

    private async Task<(string Name, double First, Quantiles Ms)> AskAsync(string name, Func<int, string> path)
    {
        var first = await server.AskAsync(path(0));
        var times = new List<double>();
        for (var i = 1; i <= plan.Queries; i++) times.Add(await server.AskAsync(path(i)));
        return (name, first, Quantiles.Of([.. times.Order()]));
    }
}
