using System.Security.Cryptography;
using System.Text.Json;
using Espalier.Contracts;
using Espalier.Contracts.Shared;
using Espalier.Core.Shared;

namespace Espalier.Server.Hosting;

/// <summary>The data folder: what lies in it, and who may read it.</summary>
internal sealed class ServerFolder : IDisposable
{
    private const UnixFileMode OwnerOnly = UnixFileMode.UserRead | UnixFileMode.UserWrite;

    private readonly SocketFolder _socketFolder;
    private bool _announced;

    public ServerFolder(string path)
    {
        Path = path;
        try
        {
            Directory.CreateDirectory(path, OwnerOnly | UnixFileMode.UserExecute);

            // It may have been made by hand, or by a program with other habits.
            File.SetUnixFileMode(path, OwnerOnly | UnixFileMode.UserExecute);
            var ignore = System.IO.Path.Combine(path, ".gitignore");
            if (!File.Exists(ignore)) File.WriteAllText(ignore, "*\n");
            Token = ReadOrMakeToken(System.IO.Path.Combine(path, "token"));
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new StorageFault(
                StorageFault.ReadOnly, path, $"The data folder {path} cannot be used: {e.Message}",
                "Choose a folder that this user may write, with --data.", e);
        }

        _socketFolder = new SocketFolder();
    }

    public string Path { get; }

    /// <summary>The local token: everything is allowed to whoever can read its file.</summary>
    public string Token { get; }

    public string SocketFolder => _socketFolder.Path;

    public string GatewaySocket => System.IO.Path.Combine(SocketFolder, "gateway.sock");

    public string Repositories => System.IO.Path.Combine(Path, "agents");

    public string Workers => System.IO.Path.Combine(SocketFolder, "workers");

    private string InfoFile => System.IO.Path.Combine(Path, "server.json");

    public void Announce(ServerAddress info)
    {
        var temporary = InfoFile + ".new";
        File.WriteAllText(temporary, JsonSerializer.Serialize(info, ContractsJson.Default.ServerAddress));
        File.Move(temporary, InfoFile, overwrite: true);
        _announced = true;
    }

    public void Dispose()
    {
        // A server that was refused because another one has the folder must leave that one's address alone.
        if (_announced) File.Delete(InfoFile);
        _socketFolder.Dispose();
    }

    private static string ReadOrMakeToken(string file)
    {
        if (File.Exists(file) && File.ReadAllText(file).Trim() is { Length: > 0 } known)
        {
            File.SetUnixFileMode(file, OwnerOnly);
            return known;
        }

        var token = KeyFormat.Make(KeyFormat.Local, RandomNumberGenerator.GetString(KeyFormat.Alphabet, KeyFormat.RandomLength));
        using var stream = new FileStream(file, new FileStreamOptions
        {
            Mode = FileMode.Create, Access = FileAccess.Write, UnixCreateMode = OwnerOnly,
        });
        stream.Write(System.Text.Encoding.ASCII.GetBytes(token));
        return token;
    }
}
