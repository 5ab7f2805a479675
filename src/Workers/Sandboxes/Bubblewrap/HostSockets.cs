using System.Globalization;
using System.Net.Sockets;
using Espalier.Core.Runs;

namespace Espalier.Workers.Sandboxes.Bubblewrap;

/// <summary>The sockets on the host by which one sandbox is reached. The helper listens on them before the sandbox stands; inside there is no file of them.</summary>
internal sealed class HostSockets(string folder, SandboxSpec spec) : IDisposable
{
    /// <summary>Where a program is told to listen; its network is its own, so it never is taken.</summary>
    public const int Port = 8000;

    private static long _last;

    private readonly string _name = Interlocked.Increment(ref _last).ToString(CultureInfo.InvariantCulture);

    public string? Serve => spec.Listens ? Path.Combine(folder, $"p{_name}") : null;

    public string? Collect => spec.Workspace is { Collected: true } ? Path.Combine(folder, $"c{_name}") : null;

    public Task<Stream> ConnectAsync(CancellationToken cancellationToken) => ConnectAsync(Serve!, cancellationToken);

    public async Task CollectAsync(bool wait, Func<WorkFile, Stream, CancellationToken, Task> take, CancellationToken cancellationToken)
    {
        await using var stream = await ConnectAsync(Collect!, cancellationToken);
        await stream.WriteAsync(wait ? "w"u8.ToArray() : "k"u8.ToArray(), cancellationToken);
        await FolderReader.ReadAsync(stream, take, cancellationToken);
    }

    public void Dispose()
    {
        if (Serve is { } serve) File.Delete(serve);
        if (Collect is { } collect) File.Delete(collect);
    }

    private static async Task<Stream> ConnectAsync(string path, CancellationToken cancellationToken)
    {
        var socket = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        try
        {
            await socket.ConnectAsync(new UnixDomainSocketEndPoint(path), cancellationToken);
            return new NetworkStream(socket, ownsSocket: true);
        }
        catch (SocketException e)
        {
            socket.Dispose();
            throw new IOException("The sandbox is gone.", e);
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }
}
