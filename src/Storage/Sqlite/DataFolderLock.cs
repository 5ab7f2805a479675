using System.Globalization;
using Espalier.Core.Shared;

namespace Espalier.Storage.Sqlite;

/// <summary>Holds a data folder for this process. The operating system lets go of it when the process dies, however it dies.</summary>
internal sealed class DataFolderLock : IDisposable
{
    private const string FileName = "espalier.lock";
    private const string OwnerName = "espalier.pid";

    private readonly FileStream _file;

    private DataFolderLock(FileStream file) => _file = file;

    public static DataFolderLock Take(string folder)
    {
        var path = Path.Combine(folder, FileName);
        try
        {
            Directory.CreateDirectory(folder);
            var file = new FileStream(path, FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None, bufferSize: 0);
            WriteOwner(folder, file);
            return new DataFolderLock(file);
        }
        catch (Exception error) when (DiskFaults.From(error, folder) is not null)
        {
            throw DiskFaults.From(error, folder)!;
        }
        catch (IOException error) when (File.Exists(path))
        {
            throw new StorageFault(
                StorageFault.Locked, folder, $"The data folder {folder} is in use by another server (process {ReadOwner(folder)}).",
                "Stop that server, or give this one a data folder of its own.", error);
        }
    }

    public void Dispose() => _file.Dispose();

    // In a file of its own, because the runtime refuses to read a file that is locked.
    private static void WriteOwner(string folder, FileStream held)
    {
        try
        {
            File.WriteAllText(Path.Combine(folder, OwnerName), Environment.ProcessId.ToString(CultureInfo.InvariantCulture));
        }
        catch
        {
            held.Dispose();
            throw;
        }
    }

    private static string ReadOwner(string folder)
    {
        try
        {
            return File.ReadAllText(Path.Combine(folder, OwnerName)) is { Length: > 0 } owner ? owner : "unknown";
        }
        catch (IOException)
        {
            return "unknown";
        }
    }
}
