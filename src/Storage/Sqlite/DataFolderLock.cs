using System.Globalization;
using Espalier.Core.Shared;

namespace Espalier.Storage.Sqlite;

/// <summary>Holds a data folder for this process. The operating system lets go of it when the process dies, however it dies.</summary>
internal sealed class DataFolderLock : IDisposable
{
    private const string FileName = "espalier.lock";

    private readonly FileStream _file;

    private DataFolderLock(FileStream file) => _file = file;

    public static DataFolderLock Take(string folder)
    {
        var path = Path.Combine(folder, FileName);
        try
        {
            Directory.CreateDirectory(folder);
            // Not truncated on opening: a loser must not wipe the winner's process id.
            var file = new FileStream(path, FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None, bufferSize: 0);
            WriteOwner(file);
            return new DataFolderLock(file);
        }
        catch (Exception error) when (DiskFaults.From(error, folder) is not null)
        {
            throw DiskFaults.From(error, folder)!;
        }
        catch (IOException error) when (File.Exists(path))
        {
            throw new StorageFault(
                StorageFault.Locked, folder, $"The data folder {folder} is in use by another server (process {ReadOwner(path)}).",
                "Stop that server, or give this one a data folder of its own.", error);
        }
    }

    public void Dispose() => _file.Dispose();

    private static void WriteOwner(FileStream file)
    {
        try
        {
            file.SetLength(0);
            file.Write(System.Text.Encoding.ASCII.GetBytes(Environment.ProcessId.ToString(CultureInfo.InvariantCulture)));
        }
        catch
        {
            file.Dispose();
            throw;
        }
    }

    private static string ReadOwner(string path)
    {
        try
        {
            using var reader = new StreamReader(new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite));
            var owner = reader.ReadToEnd();
            return owner.Length > 0 ? owner : "unknown";
        }
        catch (IOException)
        {
            return "unknown";
        }
    }
}
