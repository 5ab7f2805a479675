namespace Espalier.Workers.Sandboxes.Bubblewrap;

/// <summary>Where <see cref="HostSockets"/> lie: beside the gateway's socket, whose folder goes with the server however that ends, else in a
/// temporary folder. The path of a socket is short, so it cannot be just anywhere.</summary>
internal sealed class SocketsFolder : IDisposable
{
    private const UnixFileMode Private = UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute;

    public SocketsFolder(string? gatewaySocket)
    {
        var beside = gatewaySocket is null ? null : System.IO.Path.GetDirectoryName(System.IO.Path.GetFullPath(gatewaySocket));
        Path = beside is { Length: < 80 }
            ? Directory.CreateDirectory(System.IO.Path.Combine(beside, "runs"), Private).FullName
            : Directory.CreateTempSubdirectory("espalier-runs-").FullName;
    }

    public string Path { get; }

    public void Dispose()
    {
        if (Directory.Exists(Path)) Directory.Delete(Path, recursive: true);
    }
}
