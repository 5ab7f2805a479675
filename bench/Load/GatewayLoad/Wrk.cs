using System.Diagnostics;
using System.Globalization;

namespace Espalier.GatewayLoad;

/// <summary>Runs wrk with the script beside this program.</summary>
internal sealed class Wrk(IReadOnlyList<int> others)
{
    private static readonly string Script = Path.Combine(AppContext.BaseDirectory, "chat.lua");

    /// <summary>Requests that were answered, by target.</summary>
    public Dictionary<string, long> Answered { get; } = [];

    /// <summary>Connections of all runs, by target: as many requests may have been cut off at their ends.</summary>
    public Dictionary<string, long> Runs { get; } = [];

    /// <param name="target">Where requests go.</param>
    /// <param name="connections">Requests at the same time.</param>
    /// <param name="stream">Whether answers are asked for as streams.</param>
    /// <param name="seconds">How long.</param>
    public async Task<Sample> RunAsync(Target target, int connections, bool stream, int seconds)
    {
        var (load, busy, own) = (Machine.Load(), Machine.BusySeconds(), OwnSeconds());
        var (gateway, store) = (Cpu(target.Gateway), Cpu(target.Store));
        var began = Stopwatch.GetTimestamp();
        var output = await AskAsync(target, connections, stream, seconds);
        var elapsed = Stopwatch.GetElapsedTime(began).TotalSeconds;
        (gateway, store) = (Cpu(target.Gateway) - gateway, Cpu(target.Store) - store);
        (busy, own) = (Machine.BusySeconds() - busy, OwnSeconds() - own);

        var told = output.Split('\n').FirstOrDefault(line => line.StartsWith("RESULT ", StringComparison.Ordinal))
            ?? throw new InvalidOperationException($"wrk said nothing of its result:\n{output}");
        var numbers = told.Split(' ')[1..].Select(number => long.Parse(number, CultureInfo.InvariantCulture)).ToArray();
        var requests = Math.Max(1, numbers[0]);
        Answered[target.Name] = Answered.GetValueOrDefault(target.Name) + numbers[0];
        Runs[target.Name] = Runs.GetValueOrDefault(target.Name) + connections;
        return new Sample
        {
            Requests = numbers[0],
            RequestsPerSecond = numbers[0] / (numbers[1] / 1e6),
            P50Ms = numbers[2] / 1e3,
            P99Ms = numbers[3] / 1e3,
            Bad = numbers[4],
            SocketErrors = numbers[5],
            GatewayCpuUs = gateway / requests * 1e6,
            StoreCpuUs = store / requests * 1e6,
            Noise = Math.Max(0, busy - own) / (elapsed * Environment.ProcessorCount),
            Load = load,
        };
    }

    private static async Task<string> AskAsync(Target target, int connections, bool stream, int seconds)
    {
        var start = new ProcessStartInfo("wrk", ["-t1", $"-c{connections}", $"-d{seconds}s", "--latency", "--timeout", "10s", "-s", Script, target.Address.AbsoluteUri])
        {
            RedirectStandardOutput = true,
            UseShellExecute = false,
        };
        start.Environment["STREAM"] = stream ? "1" : "0";
        foreach (var (name, value) in target.Environment) start.Environment[name] = value;
        using var wrk = Process.Start(start)!;
        var output = await wrk.StandardOutput.ReadToEndAsync(CancellationToken.None);
        await wrk.WaitForExitAsync(CancellationToken.None);
        return wrk.ExitCode == 0 ? output : throw new InvalidOperationException($"wrk ended with {wrk.ExitCode}: {output}");
    }

    private static double? Cpu(int? process) => process is { } id ? Child.CpuSeconds(id) : null;

    // wrk has ended and counts as a child of this process.
    private double OwnSeconds() => Child.OwnCpuSeconds() + others.Sum(Child.CpuSeconds);
}
