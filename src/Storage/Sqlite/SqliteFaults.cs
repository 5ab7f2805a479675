using Espalier.Core.Shared;
using Microsoft.Data.Sqlite;

namespace Espalier.Storage.Sqlite;

/// <summary>SQLite's error codes as faults that say what to do.</summary>
internal static class SqliteFaults
{
    private const int Busy = 5;
    private const int Locked = 6;
    private const int ReadOnly = 8;
    private const int InputOutput = 10;
    private const int Corrupt = 11;
    private const int Full = 13;
    private const int CannotOpen = 14;
    private const int NotADatabase = 26;

    /// <summary>True when the machine is at fault and not the statement; the transaction may be gone then.</summary>
    public static bool IsEnvironment(SqliteException error) =>
        error.SqliteErrorCode is Busy or Locked or ReadOnly or InputOutput or Corrupt or Full or CannotOpen or NotADatabase;

    public static Exception Translate(Exception error, string path)
    {
        if (error is not SqliteException sqlite) return error;
        return sqlite.SqliteErrorCode switch
        {
            Full => DiskFaults.FullDisk(path, error),
            InputOutput or CannotOpen when NoSpaceLeft(path) => DiskFaults.FullDisk(path, error),
            ReadOnly or CannotOpen => DiskFaults.NotWritable(path, error),
            Busy or Locked => new StorageFault(
                StorageFault.Locked, path, $"The database {path} is locked by another program.",
                "Close the program that has it open (a second server, a database browser) and try again.", error),
            Corrupt or NotADatabase => new StorageFault(
                StorageFault.Damaged, path, $"The database {path} is damaged: {sqlite.Message}",
                "Stop the server, keep a copy of the file, and restore the last backup or run: sqlite3 FILE .recover", error),
            InputOutput => new StorageFault(
                StorageFault.Damaged, path, $"The disk under {path} failed: {sqlite.Message}",
                "Check the disk and its mount, then start the server again.", error),
            _ => error,
        };
    }

    private static bool NoSpaceLeft(string path)
    {
        try
        {
            return new DriveInfo(System.IO.Path.GetDirectoryName(path)!).AvailableFreeSpace < 64 << 10;
        }
        catch (Exception error) when (error is IOException or ArgumentException or UnauthorizedAccessException)
        {
            return false;
        }
    }
}
