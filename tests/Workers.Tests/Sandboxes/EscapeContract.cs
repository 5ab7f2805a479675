using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Runtime.InteropServices;
using System.Text;
using Espalier.Core.Runs;
using Espalier.Testing.Contracts;
using Espalier.Workers.Runs;
using Espalier.Workers.Runs.Stdio;
using Espalier.Workers.Sandboxes;
using Espalier.Workers.Sandboxes.Plain;
using Espalier.Workers.Tests.Fakes;
using Microsoft.Extensions.Logging.Abstractions;

namespace Espalier.Workers.Tests.Sandboxes;

/// <summary>Attempts to break out, for every backend. Each is first seen to succeed where nothing holds it - outside of any sandbox, or within wide
/// limits - so that a test that passes says something.</summary>
/// <remarks>The gateway's administration is tried against the real server, in <c>Server.Tests</c>.</remarks>
public abstract class EscapeContract : SandboxTrials
{
    private const string Secret = "the-hosts-own-secret";

    private static readonly byte[] Echo = "echo"u8.ToArray();

    private readonly TestFolder _outside = new();
    private readonly ProcessSandbox _none;

    protected EscapeContract()
    {
        _none = new ProcessSandbox(_outside.Options(), NullLogger<ProcessSandbox>.Instance);
        using var stream = typeof(EscapeContract).Assembly.GetManifestResourceStream("escapes.py")!;
        Write("escapes.py", new StreamReader(stream).ReadToEnd());
    }

    /// <summary>What this backend does not hold. Each is asserted not to hold, so that nobody believes otherwise, and so that the list stays true.</summary>
    protected virtual IReadOnlySet<string> NotHeld => new HashSet<string>();

    [Theory]
    [InlineData("files")]
    [InlineData("environment")]
    [InlineData("processes")]
    [InlineData("signals")]
    [InlineData("network")]
    [InlineData("dns")]
    [InlineData("abstract_sockets")]
    [InlineData("ptrace")]
    [InlineData("namespaces")]
    [InlineData("setuid")]
    [InlineData("proc_sys_writes")]
    [InlineData("terminal")]
    [InlineData("leaked_descriptors")]
    public async Task Reach_OfTheHost_IsHeld(string attempt)
    {
        using var host = new Host(_outside.Path);
        var spec = Spec($"python3 escapes.py {attempt}", host.Facts());
        using (host.Leak())
        {
            var (_, free, why) = await RunAsync(_none, spec);
            free.ShouldEndWith("ESCAPED", customMessage: $"The attempt was never seen to succeed, so it proves nothing: {free} {why}");
        }

        using var again = new Host(_outside.Path);
        using var leak = again.Leak();
        var (code, output, errors) = await RunAsync(Sandbox, Spec($"python3 escapes.py {attempt}", again.Facts()));
        code.ShouldBe(0, $"{output} {errors}");
        output.ShouldEndWith(NotHeld.Contains(attempt) ? "ESCAPED" : "HELD", customMessage: $"{output} {errors}");
    }

    /// <summary>Takes more than its limit of a thing, and, to be seen to be able to, the same within a wide limit.</summary>
    [Theory]
    [InlineData("fork_bomb", 60)]
    [InlineData("memory_bomb", 256)]
    [InlineData("disk_bytes", 8)]
    [InlineData("disk_files", 4096)]
    [InlineData("descriptors", 600)]
    public async Task Amount_AboveItsLimit_IsHeld(string attempt, int count)
    {
        var variables = new Dictionary<string, string> { ["COUNT"] = count.ToString(CultureInfo.InvariantCulture) };
        var wide = Spec($"python3 escapes.py {attempt}", variables) with
        {
            Processes = 500, MemoryBytes = 1L << 30, DiskBytes = 64L << 20, DiskFiles = 32_768, OpenFiles = 2048,
        };
        var (_, free, why) = await RunAsync(wide);
        free.ShouldEndWith("ESCAPED", customMessage: $"The attempt was never seen to succeed, so it proves nothing: {free} {why}");

        var narrow = attempt switch
        {
            "fork_bomb" => wide with { Processes = 40 },
            "memory_bomb" => wide with { MemoryBytes = 96 << 20 },
            "disk_bytes" => wide with { DiskBytes = 4 << 20 },
            "disk_files" => wide with { DiskFiles = 2048 },
            _ => wide with { OpenFiles = 128 },
        };
        var (_, output, errors) = await RunAsync(narrow);
        if (NotHeld.Contains(attempt)) output.ShouldEndWith("ESCAPED", customMessage: $"{output} {errors}");
        else output.ShouldNotContain("escaped", Case.Insensitive, $"{output} {errors}");
    }

    [Fact]
    public async Task Output_WithoutEnd_IsCutAndItsWriterEnded()
    {
        await using (var finite = await Sandbox.StartAsync(Spec("head -c 100000 /dev/zero"), Cancel))
        {
            (await OneShot.RunAsync(finite, "", 1 << 20, Cancel)).TooMuch.ShouldBeFalse("output below the limit is taken");
        }

        var process = await Sandbox.StartAsync(Spec("yes"), Cancel);
        (await OneShot.RunAsync(process, "", 1 << 20, Cancel)).TooMuch.ShouldBeTrue();
        (await process.WaitForExitAsync(Cancel)).ShouldBeOneOf(137, 141);
        await process.DisposeAsync();
    }

    [Fact]
    public async Task Hang_ThatIgnoresEverySignal_IsEnded()
    {
        await using var process = await Sandbox.StartAsync(Spec("exec python3 escapes.py hang"), Cancel);
        (await new StreamReader(process.StandardOutput).ReadLineAsync(Cancel)).ShouldBe("still here", "it was seen to outlive an ordinary signal");
        process.Kill();
        (await process.WaitForExitAsync(Cancel)).ShouldBe(137);
    }

    [Fact]
    public async Task Daemon_ThatLeftEverything_DoesNotOutliveItsParent()
    {
        var mark = Mark();
        var process = await Sandbox.StartAsync(Spec("python3 escapes.py outlive", new Dictionary<string, string> { ["HOST_MARK"] = mark }), Cancel);
        (await new StreamReader(process.StandardOutput).ReadLineAsync(Cancel)).ShouldBe("left behind");
        while (Living(mark) == 0) await Task.Yield();
        await process.DisposeAsync();
        if (!NotHeld.Contains("outlive"))
        {
            while (Living(mark) != 0) await Task.Yield();
            return;
        }

        Living(mark).ShouldBe(1);
        using var found = Process.GetProcesses().Single(one => one.ProcessName == "sleep" && File.ReadAllText($"/proc/{one.Id}/cmdline").Contains(mark, StringComparison.Ordinal));
        found.Kill();
    }

    public override async ValueTask DisposeAsync()
    {
        await _none.DisposeAsync();
        _outside.Dispose();
        await base.DisposeAsync();
        GC.SuppressFinalize(this);
    }

    private static async Task<(int Code, string Output, string Stderr)> RunAsync(ISandbox sandbox, SandboxSpec spec)
    {
        await using var process = await sandbox.StartAsync(spec, Cancel);
        var end = await OneShot.RunAsync(process, "", 1 << 20, Cancel);
        return (end.ExitCode, end.Output, process.StderrTail);
    }

    /// <summary>What there is to reach on the host: a file, a process of the same user with a secret in its environment, a port, a name server, an abstract
    /// socket, and a descriptor that was left open.</summary>
    private sealed class Host : IDisposable
    {
        private readonly string _file;
        private readonly string _mark = Mark();
        private readonly Process _process;
        private readonly TcpListener _port = new(IPAddress.Loopback, 0);
        private readonly UdpClient _names = new(new IPEndPoint(IPAddress.Loopback, 0));
        private readonly Socket _hidden = new(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        private readonly string _name = $"espalier-test-{Guid.CreateVersion7():N}";

        public Host(string folder)
        {
            _file = Path.Combine(folder, "secret.txt");
            File.WriteAllText(_file, Secret);
            _process = Process.Start(new ProcessStartInfo("sleep", [_mark]) { Environment = { ["THE_SECRET"] = Secret } })!;
            _port.Start();
            _hidden.Bind(new UnixDomainSocketEndPoint($"\0{_name}"));
            _hidden.Listen();
            Answering = AnswerAsync();
        }

        /// <summary>Ends when the socket is closed.</summary>
        private Task Answering { get; }

        public Dictionary<string, string> Facts() => new Dictionary<string, string>
        {
            ["HOST_FILE"] = _file,
            ["HOST_SECRET"] = new([.. Secret.Reverse()]),
            ["HOST_PID"] = _process.Id.ToString(CultureInfo.InvariantCulture),
            ["HOST_MARK"] = _mark,
            ["HOST_PORT"] = ((IPEndPoint)_port.LocalEndpoint).Port.ToString(CultureInfo.InvariantCulture),
            ["HOST_UDP"] = ((IPEndPoint)_names.Client.LocalEndPoint!).Port.ToString(CultureInfo.InvariantCulture),
            ["HOST_SOCKET"] = _name,
            ["HOST_SESSION"] = File.ReadAllText("/proc/self/stat").Split(' ')[5],
        };

        /// <summary>A descriptor that every child inherits, as a careless library leaves one.</summary>
        public IDisposable Leak()
        {
            var kept = File.OpenHandle(_file);
            var open = Duplicate((int)kept.DangerousGetHandle());
            open.ShouldBeGreaterThan(2);
            return new Open(() =>
            {
                Close(open).ShouldBe(0);
                kept.Dispose();
            });
        }

        public void Dispose()
        {
            _process.Kill();
            _process.Dispose();
            _port.Stop();
            _names.Dispose();
            _hidden.Dispose();
            Answering.GetAwaiter().GetResult();
        }

        [DllImport("libc", EntryPoint = "dup")]
        [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
        private static extern int Duplicate(int descriptor);

        [DllImport("libc", EntryPoint = "close")]
        [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
        private static extern int Close(int descriptor);

        private async Task AnswerAsync()
        {
            try
            {
                while (true)
                {
                    var asked = await _names.ReceiveAsync(CancellationToken.None);
                    await _names.SendAsync(Echo, asked.RemoteEndPoint, CancellationToken.None);
                }
            }
            catch (Exception e) when (e is SocketException or ObjectDisposedException)
            {
                // The test has ended.
            }
        }

        private sealed class Open(Action close) : IDisposable
        {
            public void Dispose() => close();
        }
    }
}
