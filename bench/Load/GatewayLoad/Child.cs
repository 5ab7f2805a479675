using System.Diagnostics;
using System.Globalization;
using System.Net.Sockets;

namespace Espalier.GatewayLoad;

/// <summary>A process that was started for the measure, and what the kernel says it used.</summary>
internal sealed class Child : IAsyncDisposable
{
    // USER_HZ: what the kernel tells programs in, on every Linux of today.
    private const double TicksPerSecond = 100;

    private readonly Process _process;

    private Child(Process process) => _process = process;

    public int Id => _process.Id;

    /// <summary>Returns when it takes connections.</summary>
    public static async Task<Child> StartAsync(string program, IReadOnlyList<string> arguments, IReadOnlyDictionary<string, string> environment, int port)
    {
        var child = Start(program, arguments, environment);
        while (true)
        {
            if (child._process.HasExited) throw new InvalidOperationException($"{program} {string.Join(' ', arguments)} ended with {child._process.ExitCode}.");
            try
            {
                using var client = new TcpClient();
                await client.ConnectAsync("127.0.0.1", port, CancellationToken.None);
                return child;
            }
            catch (SocketException)
            {
                await Task.Delay(TimeSpan.FromMilliseconds(50), TimeProvider.System, CancellationToken.None);
            }
        }
    }

    /// <summary>Its output goes nowhere.</summary>
    public static Child Start(string program, IReadOnlyList<string> arguments, IReadOnlyDictionary<string, string> environment)
    {
        var start = new ProcessStartInfo(program, arguments) { RedirectStandardOutput = true, UseShellExecute = false };
        foreach (var (name, value) in environment) start.Environment[name] = value;
        var process = Process.Start(start)!;
        process.OutputDataReceived += static (_, _) => { };
        process.BeginOutputReadLine();
        return new Child(process);
    }

    public bool HasExited => _process.HasExited;

    public static int FreePort()
    {
        using var listener = new TcpListener(System.Net.IPAddress.Loopback, 0);
        listener.Start();
        return ((System.Net.IPEndPoint)listener.LocalEndpoint).Port;
    }

    /// <summary>Seconds of processor time of a process, without its children.</summary>
    public static double CpuSeconds(int process) => Ticks(process, 11, 12);

    /// <summary>Those of this process and of children of it that have ended.</summary>
    public static double OwnCpuSeconds() => Ticks(Environment.ProcessId, 11, 12) + Ticks(Environment.ProcessId, 13, 14);

    public static double ResidentMib(int process)
    {
        var line = File.ReadLines($"/proc/{process}/status").First(line => line.StartsWith("VmRSS:", StringComparison.Ordinal));
        return double.Parse(line.Split(' ', StringSplitOptions.RemoveEmptyEntries)[^2], CultureInfo.InvariantCulture) / 1024;
    }

    public async Task WaitAsync() => await _process.WaitForExitAsync(CancellationToken.None);

    public async ValueTask DisposeAsync()
    {
        if (!_process.HasExited) _process.Kill();
        await _process.WaitForExitAsync(CancellationToken.None);
        _process.Dispose();
    }

    private static double Ticks(int process, int user, int system)
    {
        // The second field is a name in brackets, which may hold anything.
        var stat = File.ReadAllText($"/proc/{process}/stat");
        var fields = stat[(stat.LastIndexOf(')') + 2)..].Split(' ');
        return (long.Parse(fields[user], CultureInfo.InvariantCulture) + long.Parse(fields[system], CultureInfo.InvariantCulture)) / TicksPerSecond;
    }
}
