using Espalier.Loop.Tests.Programs;

[assembly: AssemblyFixture(typeof(Espalier.Loop.Tests.Demo.DemoRuns))]

namespace Espalier.Loop.Tests.Demo;

/// <summary>Unbroken demos that several tests look at: each is run once, when the first test asks for it.</summary>
public sealed class DemoRuns : IAsyncDisposable
{
    private readonly Lazy<Task<DemoRun>> _first = new(() => DemoRun.StartAsync(seed: 1));
    private readonly Lazy<Task<DemoRun>> _again = new(() => DemoRun.StartAsync(seed: 1));
    private readonly Lazy<Task<DemoRun>> _other = new(() => DemoRun.StartAsync(seed: 2));

    /// <summary>Seed 1.</summary>
    internal Task<DemoRun> FirstAsync() => _first.Value;

    /// <summary>Seed 1 once more, in another folder.</summary>
    internal Task<DemoRun> AgainAsync() => _again.Value;

    /// <summary>Seed 2.</summary>
    internal Task<DemoRun> OtherAsync() => _other.Value;

    public async ValueTask DisposeAsync()
    {
        foreach (var run in new[] { _first, _again, _other })
            if (run.IsValueCreated) await (await run.Value).Place.DisposeAsync();
    }
}

/// <summary>One demo, its folder, and the log of its session.</summary>
internal sealed record DemoRun(Place Place, string Folder, Ended Ended, string Log)
{
    public const string Budget = "0.3usd";

    public static string[] Arguments(string data, long seed, string folder) =>
        ["demo", "--json", "--seed", $"{seed}", "--data", data, "--budget", Budget, "--data-dir", folder];

    /// <summary>The session's log without what may differ: when it was.</summary>
    public static async Task<string> ReadLogAsync(Place place, string folder, string session = "last")
    {
        var log = (await place.RunAsync("sessions", "log", session, "-C", folder)).Done().Out;
        return SessionLog.WithoutTimes(log);
    }

    public static async Task<DemoRun> StartAsync(long seed)
    {
        var place = new Place();
        var ended = await place.RunAsync(Arguments(DemoData.Write(place), seed, place["demo"]));
        ended.Done();
        return new DemoRun(place, place["demo"], ended, await ReadLogAsync(place, place["demo"]));
    }
}
