using Espalier.Contracts.Runs;
using Espalier.Contracts.Shared;

namespace Espalier.GatewayLoad;

/// <summary>Everything that takes part, started; and the rounds.</summary>
internal sealed class Bench : IAsyncDisposable
{
    public const string Direct = "straight to the server";
    public const string Portkey = "Portkey";
    public const string PassThrough = "ours, not traced";
    public const string Traced = "ours, traced";
    public const string Budgeted = "ours, traced, budget and rate limits";

    private readonly LoadPlan _plan;
    private readonly Child _upstream;
    private readonly Child? _portkey;
    private readonly Wrk _wrk;

    private Bench(LoadPlan plan, Child upstream, Child? portkey, OurServer server, IReadOnlyList<Target> targets)
    {
        (_plan, _upstream, _portkey, Server, Targets) = (plan, upstream, portkey, server, targets);
        _wrk = new Wrk([upstream.Id, server.Id, server.Store, .. portkey is null ? (int[])[] : [portkey.Id]]);
    }

    public OurServer Server { get; }

    public IReadOnlyList<Target> Targets { get; }

    public static async Task<Bench> StartAsync(LoadPlan plan)
    {
        var port = Child.FreePort();
        var upstream = await Child.StartAsync("node", [Path.Combine(AppContext.BaseDirectory, "upstream.mjs"), $"{port}"], new Dictionary<string, string>(), port);
        var address = new Uri($"http://127.0.0.1:{port}/v1");
        var server = await OurServer.StartAsync(plan.Server!, address);
        var scopes = (KeyScope[])[KeyScope.Call];
        // Limits that are kept on each call and never reached.
        var limits = new KeyLimits { RequestsPerMinute = 100_000_000, TokensPerMinute = 1_000_000_000_000, Concurrent = 10_000 };
        Target Ours(string name, string key) => new()
        {
            Name = name,
            Address = server.Chat,
            Environment = new Dictionary<string, string> { ["KEY"] = key },
            Gateway = server.Id,
            Store = server.Store,
        };
        List<Target> targets =
        [
            new() { Name = Direct, Address = new Uri(address, "/v1/chat/completions") },
            Ours(PassThrough, await server.MakeKeyAsync(new CreateKey { Name = PassThrough, Scopes = scopes, Untraced = true })),
            Ours(Traced, await server.MakeKeyAsync(new CreateKey { Name = Traced, Scopes = scopes })),
            Ours(Budgeted, await server.MakeKeyAsync(new CreateKey { Name = Budgeted, Scopes = scopes, Budget = Usd.FromDollars(1_000_000), Limits = limits })),
        ];
        Child? portkey = null;
        if (plan.Portkey is not null)
        {
            var at = Child.FreePort();
            portkey = await Child.StartAsync(
                "node", ["-r", Path.Combine(AppContext.BaseDirectory, "loopback.cjs"), plan.Portkey, $"--port={at}", "--headless"],
                new Dictionary<string, string> { ["NODE_ENV"] = "production" }, at);
            targets.Insert(1, new Target
            {
                Name = Portkey,
                Address = new Uri($"http://127.0.0.1:{at}/v1/chat/completions"),
                Environment = new Dictionary<string, string> { ["PORTKEY"] = address.AbsoluteUri },
                Gateway = portkey.Id,
            });
        }

        return new Bench(plan, upstream, portkey, server, targets);
    }

    public async Task<Report> RunAsync()
    {
        var cases = new List<CaseResult>();
        foreach (var stream in _plan.Streams)
        {
            foreach (var connections in _plan.Connections)
            {
                foreach (var target in Targets) await _wrk.RunAsync(target, connections, stream, _plan.Warmup);
                var result = new CaseResult(stream, connections, [.. Targets.Select(target => target.Name)]);
                for (var round = 0; round < _plan.Rounds; round++)
                    foreach (var target in Targets) result.Add(target.Name, await RunAsync(target, connections, stream));
                cases.Add(result);
                await Console.Error.WriteLineAsync(result.ToText());
            }
        }

        return new Report(cases, _plan.MostNoise, await CountTracesAsync());
    }

    public Task<Sample> RunAsync(Target target, int connections, bool stream, int seconds) => _wrk.RunAsync(target, connections, stream, seconds);

    public async ValueTask DisposeAsync()
    {
        await Server.DisposeAsync();
        if (_portkey is not null) await _portkey.DisposeAsync();
        await _upstream.DisposeAsync();
    }

    private async Task<Sample> RunAsync(Target target, int connections, bool stream)
    {
        Sample sample;
        var tries = 0;
        do sample = await _wrk.RunAsync(target, connections, stream, _plan.Seconds);
        while (sample.Noise > _plan.MostNoise && tries++ < _plan.Retries);
        return sample;
    }

    /// <summary>What was answered with a key that is traced, and what can be asked for once the store has it.</summary>
    private async Task<Counted> CountTracesAsync()
    {
        var answered = _wrk.Answered.Where(pair => pair.Key is Traced or Budgeted).Sum(pair => pair.Value);
        var most = _wrk.Runs.Where(pair => pair.Key is Traced or Budgeted).Sum(pair => pair.Value);
        long? traces = null;
        // Until the number stands still: what wrk cut off at the end of a run is a trace too.
        for (long last = -1; traces is null || traces != last || traces < answered;)
        {
            last = traces ?? -1;
            await Task.Delay(TimeSpan.FromSeconds(2), TimeProvider.System, CancellationToken.None);
            traces = await Server.CountTracesAsync();
            if (traces is not null && traces == last && traces < answered) break;
        }

        return new Counted(answered, answered + most, traces ?? 0);
    }
}

/// <param name="Answered">Requests whose answers came.</param>
/// <param name="Most">Those, and all that wrk may have cut off.</param>
/// <param name="Traces">What the store has.</param>
internal sealed record Counted(long Answered, long Most, long Traces);
