using System.Globalization;
using System.Net;
using System.Net.Sockets;
using Espalier.Core.Runs;
using Espalier.Testing.Contracts;
using Espalier.Workers.Sandboxes.Bubblewrap;
using Espalier.Workers.Tests.Fakes;

namespace Espalier.Workers.Tests.Sandboxes;

/// <summary>Attempts to break out. Each runs inside and prints what it got.</summary>
public sealed class EscapeTests : SandboxTrials
{
    private readonly TestFolder _folder = new();
    private readonly BubblewrapSandbox _sandbox;

    public EscapeTests() => _sandbox = _folder.Bubblewrap();

    protected override ISandbox Sandbox => _sandbox;

    [Fact]
    public async Task Environment_OfAnyProcess_HasNoHostSecret()
    {
        Environment.SetEnvironmentVariable("ESPALIER_TEST_SECRET", "hunter2");
        var (_, output, _) = await RunAsync("cat /proc/*/environ 2>/dev/null | tr '\\0' '\\n'; echo end");
        output.ShouldContain("HOME=/work");
        output.ShouldNotContain("hunter2");
    }

    [Theory]
    [InlineData("cat /proc/1/environ")]
    [InlineData("head -c 1 /proc/1/mem")]
    [InlineData("ls -l /proc/1/fd")]
    [InlineData("echo 1000 > /proc/1/oom_score_adj")]
    [InlineData("cat /etc/shadow")]
    [InlineData("ls /root/.ssh")]
    [InlineData("touch /usr/escaped")]
    [InlineData("touch /escaped")]
    [InlineData("touch /run/escaped")]
    [InlineData("touch /dev/escaped")]
    [InlineData("touch /in/escaped")]
    [InlineData("touch /etc/escaped")]
    [InlineData("echo 1 > /proc/sys/kernel/core_pattern")]
    [InlineData("unshare --user true")]
    [InlineData("unshare --mount true")]
    [InlineData("mount -t tmpfs none /mnt")]
    [InlineData("mount -o remount,rw /usr")]
    [InlineData("chroot / true")]
    [InlineData("mknod /work/sda b 8 0")]
    [InlineData("nsenter --target 1 --net true")]
    [InlineData("dmesg")]
    [InlineData("test -e /home -o -e /var -o -e /sys")]
    public async Task Command_ThatReachesOut_Fails(string command) => (await RunAsync(command)).Code.ShouldNotBe(0, command);

    [Fact]
    public async Task HostFolders_OfTheServer_AreNotVisible()
    {
        Write("inside", "yes");
        File.WriteAllText(Path.Combine(_folder.Path, "data.txt"), "customer text");
        var (_, output, _) = await RunAsync($"cat inside; ls /tmp | wc -l; cat {_folder.Path}/data.txt; cat {AppContext.BaseDirectory}/*.json; cat {Source}/inside");
        output.ShouldBe("yes0");
    }

    [Fact]
    public async Task Identity_IsAnOrdinaryUserWithNothing()
    {
        var (_, output, _) = await RunAsync("id -u; grep -E '^(CapEff|CapBnd|NoNewPrivs|Seccomp):' /proc/self/status | tr -d '\\t '");
        output.ShouldBe("1000\nCapEff:0000000000000000\nCapBnd:0000000000000000\nNoNewPrivs:1\nSeccomp:2");
    }

    [Fact]
    public async Task HostUser_OfARootServer_IsTheRunsOwn()
    {
        var mark = Mark();
        await using var process = await _sandbox.StartAsync(Spec($"echo up; exec sleep {mark}"), Cancel);
        (await new StreamReader(process.StandardOutput).ReadLineAsync(Cancel)).ShouldBe("up");
        while (Living(mark) == 0) await Task.Yield();
        var folder = Directory.EnumerateDirectories("/proc").First(path =>
            File.Exists($"{path}/cmdline") && File.ReadAllText($"{path}/cmdline").Contains($"sleep\0{mark}\0", StringComparison.Ordinal));
        var uid = int.Parse(File.ReadLines($"{folder}/status").First(line => line.StartsWith("Uid:", StringComparison.Ordinal)).Split('\t')[1], CultureInfo.InvariantCulture);
        if (Environment.IsPrivilegedProcess) uid.ShouldBeInRange(964_000, 964_000 + 4095);
        else uid.ShouldNotBe(0);
    }

    [Fact]
    public async Task Processes_OfTheHost_AreInvisible()
    {
        var (_, output, _) = await RunAsync($"ls /proc | grep -c '^[0-9]'; kill -0 {Environment.ProcessId} 2>/dev/null && echo reached; echo end");
        var lines = output.Split('\n');
        int.Parse(lines[0], CultureInfo.InvariantCulture).ShouldBeLessThan(6);
        lines[1].ShouldBe("end");
    }

    [Fact]
    public async Task Network_IsLoopbackOfItsOwn()
    {
        using var host = new TcpListener(IPAddress.Loopback, 0);
        host.Start();
        using var hidden = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        var name = $"espalier-test-{Environment.ProcessId}";
        hidden.Bind(new UnixDomainSocketEndPoint($"\0{name}"));
        hidden.Listen();
        Write("net.py", $$"""
            import socket
            def attempt(what, family, address):
                try:
                    s = socket.socket(family, socket.SOCK_STREAM); s.settimeout(2); s.connect(address); print(what, "ESCAPED")
                except OSError as e: print(what, "no")
            attempt("host", socket.AF_INET, ("127.0.0.1", {{((IPEndPoint)host.LocalEndpoint).Port}}))
            attempt("out", socket.AF_INET, ("192.0.2.1", 80))
            attempt("metadata", socket.AF_INET, ("169.254.169.254", 80))
            attempt("abstract", socket.AF_UNIX, "\0{{name}}")
            attempt("vsock", 40, (2, 80))
            try: socket.socket(40, socket.SOCK_STREAM); print("vsock socket ESCAPED")
            except OSError as e: print(e.errno)
            try: socket.socket(socket.AF_PACKET, socket.SOCK_RAW); print("packet ESCAPED")
            except OSError as e: print(e.errno)
            print([n for _, n in socket.if_nameindex()])
            """);
        (await RunAsync("python3 net.py")).Output.ShouldBe("host no\nout no\nmetadata no\nabstract no\nvsock no\n97\n97\n['lo']");
    }

    [Fact]
    public async Task Filter_DangerousCalls_AreRefused()
    {
        Write("calls.py", """
            import ctypes, os, platform, threading
            libc = ctypes.CDLL(None, use_errno=True)
            x64 = platform.machine() == "x86_64"
            def call(*numbers):
                ctypes.set_errno(0)
                r = libc.syscall(*numbers)
                print(r, ctypes.get_errno())
            call(101 if x64 else 117, 0, 0, 0, 0)           # ptrace(TRACEME)
            call(321 if x64 else 280, 0, 0, 0)              # bpf
            call(250 if x64 else 219, 0, 0, 0, 0, 0)        # keyctl
            call(425, 8, 0)                                 # io_uring_setup
            call(435, 0, 0)                                 # clone3
            call(56 if x64 else 220, 0x10000000, 0, 0, 0, 0)  # clone(NEWUSER)
            call(16 if x64 else 29, 0, 0x5412, 0)           # ioctl(TIOCSTI)
            t = threading.Thread(target=lambda: print("threads work")); t.start(); t.join()
            """);
        (await RunAsync("python3 calls.py")).Output.ShouldBe("-1 1\n-1 1\n-1 1\n-1 38\n-1 38\n-1 1\n-1 1\nthreads work");
    }

    [Fact]
    public async Task Memory_OverLimit_IsEnded()
    {
        var spec = Spec("python3 -c 'x = bytearray(1 << 29); print(\"ESCAPED\")'") with { MemoryBytes = 64 << 20 };
        var (code, output, stderr) = await RunAsync(spec);
        output.ShouldBeEmpty();
        (code == 137 || stderr.Contains("MemoryError", StringComparison.Ordinal)).ShouldBeTrue($"{code} {stderr}");
    }

    [Fact]
    public async Task ForkBomb_IsLimited()
    {
        Write("bomb.py", """
            import os, sys, time
            n = 0
            try:
                while n < 5000:
                    if os.fork() == 0:
                        time.sleep(1000)
                    n += 1
            except OSError as e:
                print(n, flush=True)
            """);
        var (_, output, stderr) = await RunAsync(Spec("python3 bomb.py") with { Processes = 40 });
        output.ShouldNotBeEmpty(stderr);
        int.Parse(output, CultureInfo.InvariantCulture).ShouldBeLessThanOrEqualTo(40);
    }

    [Theory]
    [InlineData("/work/big")]
    [InlineData("/tmp/big")]
    [InlineData("/dev/shm/big")]
    public async Task Disk_OverLimit_IsFull(string path)
    {
        var (code, output, stderr) = await RunAsync(Spec($"head -c 50000000 /dev/zero > {path}; code=$?; stat -c %s {path}; exit $code") with { DiskBytes = 4 << 20 });
        code.ShouldNotBe(0);
        stderr.ShouldContain("No space left");
        long.Parse(output, CultureInfo.InvariantCulture).ShouldBe(4 << 20);
    }

    public override async ValueTask DisposeAsync()
    {
        await _sandbox.DisposeAsync();
        _folder.Dispose();
        await base.DisposeAsync();
    }
}
