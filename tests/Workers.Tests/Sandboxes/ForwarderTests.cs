using System.Buffers.Binary;
using System.Net.Sockets;
using Espalier.Core.Runs;
using Espalier.Testing.Contracts;
using Espalier.Workers.Sandboxes.Bubblewrap;
using Espalier.Workers.Tests.Fakes;

namespace Espalier.Workers.Tests.Sandboxes;

/// <summary>The way from a sandbox's loopback to the gateway's socket. The server here echoes, then says how many bytes it got.</summary>
public sealed class ForwarderTests : SandboxTrials
{
    private readonly TestFolder _folder = new();
    private readonly BubblewrapSandbox _sandbox;
    private readonly Socket _listener = new(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
    private readonly string _path;
    private readonly Task _server;

    public ForwarderTests()
    {
        _sandbox = _folder.Bubblewrap();
        _path = Path.Combine(_folder.Path, "echo.sock");
        _listener.Bind(new UnixDomainSocketEndPoint(_path));
        _listener.Listen(256);
        _server = ServeAsync();
        Write("client.py", """
            import socket, struct, sys, threading
            def connect():
                s = socket.create_connection(("127.0.0.1", 8080)); s.settimeout(20); return s
            def receive(s, n):
                data = b""
                while len(data) < n:
                    more = s.recv(min(1 << 16, n - len(data)))
                    if not more: raise EOFError(len(data))
                    data += more
                return data
            """);
    }

    protected override ISandbox Sandbox => _sandbox;

    [Fact]
    public async Task Connection_HalfClosed_StillReadsTheAnswer()
    {
        Write("trial.py", """
            from client import *
            s = connect(); s.sendall(b"hello"); s.shutdown(socket.SHUT_WR)
            print(receive(s, 5), struct.unpack("<q", receive(s, 8))[0], s.recv(1))
            """);
        (await TryAsync()).ShouldBe("b'hello' 5 b''");
    }

    [Fact]
    public async Task Connection_LargeBothWaysWithSlowReader_ArrivesWhole()
    {
        Write("trial.py", """
            from client import *
            import hashlib, os
            data = os.urandom(1 << 16) * 320
            s = connect()
            t = threading.Thread(target=lambda: (s.sendall(data), s.shutdown(socket.SHUT_WR))); t.start()
            back = receive(s, len(data)); t.join()
            print(hashlib.sha256(back).digest() == hashlib.sha256(data).digest(), struct.unpack("<q", receive(s, 8))[0] == len(data))
            """);
        (await TryAsync()).ShouldBe("True True");
    }

    [Fact]
    public async Task Connections_ManyKeptOpen_EachHasItsOwnBytes()
    {
        Write("trial.py", """
            from client import *
            all = [connect() for _ in range(200)]
            for turn in range(5):
                for i, s in enumerate(all): s.sendall(b"%08d" % (i * 10 + turn))
                for i, s in enumerate(all): assert receive(s, 8) == b"%08d" % (i * 10 + turn), i
            for s in all: s.close()
            for _ in range(500):
                s = connect(); s.sendall(b"x" * 8); receive(s, 8); s.close()
            print("ok")
            """);
        (await TryAsync()).ShouldBe("ok");
    }

    [Fact]
    public async Task Connections_MoreThanItHolds_AreClosedAndOthersGoOn()
    {
        Write("trial.py", """
            from client import *
            all = [connect() for _ in range(450)]
            refused = 0
            for s in all:
                try: s.sendall(b"12345678"); receive(s, 8)
                except (EOFError, ConnectionError): refused += 1
            # Closed only now: a place that is free again would be taken by one that still waits.
            for s in all: s.close()
            # Its places are free once it has seen that the others are gone.
            while True:
                s = connect()
                try: s.sendall(b"12345678"); receive(s, 8); break
                except (EOFError, ConnectionError): s.close()
            print(refused)
            """);
        int.Parse(await TryAsync()).ShouldBeInRange(40, 50);
    }

    [Fact]
    public async Task Connection_Reset_LeavesOthersAlone()
    {
        Write("trial.py", """
            from client import *
            keep = connect()
            for _ in range(20):
                s = connect(); s.sendall(b"x" * 100000)
                s.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0)); s.close()
            keep.sendall(b"12345678"); print(receive(keep, 8))
            """);
        (await TryAsync()).ShouldBe("b'12345678'");
    }

    [Fact]
    public async Task Connection_GatewayGone_IsClosedAtOnce()
    {
        Write("trial.py", """
            from client import *
            sys.stdin.read()
            s = connect()
            try: print(s.recv(1))
            except ConnectionError as e: print("closed")
            """);
        await using var process = await _sandbox.StartAsync(Spec("python3 trial.py") with { GatewaySocket = _path }, Cancel);
        _listener.Dispose();
        process.StandardInput.Close();
        (await new StreamReader(process.StandardOutput).ReadToEndAsync(Cancel)).Trim().ShouldBeOneOf("b''", "closed");
    }

    public override async ValueTask DisposeAsync()
    {
        _listener.Dispose();
        await _sandbox.DisposeAsync();
        await _server;
        _folder.Dispose();
        await base.DisposeAsync();
    }

    private async Task<string> TryAsync()
    {
        var (code, output, stderr) = await RunAsync(Spec("python3 trial.py") with { GatewaySocket = _path });
        code.ShouldBe(0, stderr);
        return output;
    }

    private async Task ServeAsync()
    {
        var connections = new List<Task>();
        try
        {
            while (true) connections.Add(EchoAsync(await _listener.AcceptAsync(CancellationToken.None)));
        }
        catch (Exception e) when (e is SocketException or ObjectDisposedException)
        {
            await Task.WhenAll(connections);
        }
    }

    private static async Task EchoAsync(Socket socket)
    {
        using var own = socket;
        var buffer = new byte[100_000];
        var total = 0L;
        try
        {
            int read;
            while ((read = await socket.ReceiveAsync(buffer, CancellationToken.None)) > 0)
            {
                total += read;
                for (var sent = 0; sent < read;) sent += await socket.SendAsync(buffer.AsMemory(sent, read - sent), CancellationToken.None);
            }

            BinaryPrimitives.WriteInt64LittleEndian(buffer, total);
            await socket.SendAsync(buffer.AsMemory(0, 8), CancellationToken.None);
        }
        catch (SocketException)
        {
            // The client went away.
        }
    }
}
