using System.Text.Json;
using Espalier.Contracts;
using Espalier.Contracts.Shared;

namespace Espalier.Cli.Servers;

/// <summary>A server's data folder, <c>.espalier</c>: who serves it, with which token, and what it wrote.</summary>
internal sealed class ServerFolder(string path)
{
    public const string Name = ".espalier";

    public string Path { get; } = path;

    public string InfoFile => System.IO.Path.Combine(Path, "server.json");

    public string TokenFile => System.IO.Path.Combine(Path, "token");

    public string LogFile => System.IO.Path.Combine(Path, "server.log");

    public string LockFile => System.IO.Path.Combine(Path, "start.lock");

    /// <summary>The nearest one upwards that a server has used, else the one that this folder would get.</summary>
    public static ServerFolder Nearest(string folder)
    {
        for (var at = new DirectoryInfo(folder); at is not null; at = at.Parent)
        {
            var candidate = new ServerFolder(System.IO.Path.Combine(at.FullName, Name));
            if (File.Exists(candidate.InfoFile) || File.Exists(candidate.TokenFile)) return candidate;
        }

        return new ServerFolder(System.IO.Path.Combine(folder, Name));
    }

    /// <summary>Makes the folder; it keeps itself out of version control.</summary>
    public void Create()
    {
        if (OperatingSystem.IsWindows()) Directory.CreateDirectory(Path);
        else Directory.CreateDirectory(Path, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        var ignore = System.IO.Path.Combine(Path, ".gitignore");
        if (!File.Exists(ignore)) File.WriteAllText(ignore, "*\n");
    }

    /// <summary>Null when no server has said that it is here, or the file is being written.</summary>
    public ServerAddress? ReadInfo()
    {
        try
        {
            return JsonSerializer.Deserialize(File.ReadAllBytes(InfoFile), ContractsJson.Default.ServerAddress);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException or JsonException)
        {
            return null;
        }
    }

    public string? ReadToken()
    {
        try
        {
            return File.ReadAllText(TokenFile).Trim() is { Length: > 0 } token ? token : null;
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            return null;
        }
    }

    /// <summary>The last lines of the server's log.</summary>
    public string LogTail(int lines)
    {
        try
        {
            using var stream = new FileStream(LogFile, FileMode.Open, FileAccess.Read, FileShare.ReadWrite);
            stream.Seek(-Math.Min(stream.Length, 16_384), SeekOrigin.End);
            using var reader = new StreamReader(stream);
            var all = reader.ReadToEnd().Split('\n', StringSplitOptions.RemoveEmptyEntries);
            return string.Join('\n', all.TakeLast(lines));
        }
        catch (IOException)
        {
            return "";
        }
    }
}
