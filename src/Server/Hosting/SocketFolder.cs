using IO = System.IO;

namespace Espalier.Server.Hosting;

/// <summary>The folder below the system's temporary one where agents find the gateway's socket; gone with the server, however that dies.</summary>
/// <remarks>Candidates reach the socket as another user, so it cannot lie in the data folder, which only the owner may enter. A killed server
/// cannot take its folder away; the next one does. Who lives is told by a lock that the operating system lets go of.</remarks>
internal sealed class SocketFolder : IDisposable
{
    private const string Prefix = "espalier-server-";
    private const string LockName = "server.lock";
    private const int MostTries = 10;

    private readonly FileStream _lock;

    public SocketFolder()
    {
        Sweep();
        (Path, _lock) = Make();
        File.SetUnixFileMode(
            Path, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute | UnixFileMode.GroupExecute | UnixFileMode.OtherExecute);
    }

    public string Path { get; }

    public void Dispose()
    {
        Remove(Path);
        _lock.Dispose();
    }

    // Between the making of the file and its lock another server that starts may take it for a dead one's, and the folder with it.
    private static (string Path, FileStream Lock) Make()
    {
        for (var tries = 1; ; tries++)
        {
            var path = Directory.CreateTempSubdirectory(Prefix).FullName;
            try
            {
                return (path, new FileStream(IO.Path.Combine(path, LockName), FileMode.CreateNew, FileAccess.ReadWrite, FileShare.None));
            }
            catch (IOException) when (tries < MostTries)
            {
                Remove(path);
            }
        }
    }

    private static void Sweep()
    {
        foreach (var folder in Directory.EnumerateDirectories(IO.Path.GetTempPath(), Prefix + "*"))
        {
            try
            {
                // A folder without the file is being made right now.
                using var dead = new FileStream(IO.Path.Combine(folder, LockName), FileMode.Open, FileAccess.ReadWrite, FileShare.None);
                Remove(folder);
            }
            catch (Exception e) when (e is IOException or UnauthorizedAccessException)
            {
                // Another server lives in it, or another user's did.
            }
        }
    }

    private static void Remove(string folder)
    {
        try
        {
            Directory.Delete(folder, recursive: true);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // What is still in use is taken away by the next server.
        }
    }
}
