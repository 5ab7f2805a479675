using Dapper;
using Espalier.Core.Shared;
using Microsoft.Data.Sqlite;

namespace Espalier.Storage.Sqlite;

/// <summary>The control plane's database file: one writer, several readers, owned by one process at a time.</summary>
/// <remarks>Thread-safe. Readers see what was committed and never wait for the writer.</remarks>
public sealed class SqliteDatabase : IAsyncDisposable
{
    public const string FileName = "espalier.db";

    private const int Readers = 8;

    private readonly SqliteWriter _writer;
    private readonly DataFolderLock _lock;
    private readonly string _readOnly;
    private readonly SemaphoreSlim _readers = new(Readers, Readers);

    private SqliteDatabase(SqliteWriter writer, DataFolderLock folderLock, string readOnly, SqliteStatus status, TimeProvider time)
    {
        (_writer, _lock, _readOnly, Status, Time) = (writer, folderLock, readOnly, status, time);
    }

    public SqliteStatus Status { get; }

    internal TimeProvider Time { get; }

    /// <summary>Opens or creates <c>espalier.db</c> in a folder and brings its schema up to date.</summary>
    /// <exception cref="StorageFault">In use by another server, newer than this program, full, read-only or damaged.</exception>
    public static SqliteDatabase Open(string folder, TimeProvider time) => Open(folder, time, patience: 5);

    /// <param name="folder">The data folder.</param>
    /// <param name="time">The clock.</param>
    /// <param name="patience">Seconds to wait for another program that holds the database.</param>
    internal static SqliteDatabase Open(string folder, TimeProvider time, int patience)
    {
        var library = SqliteLibrary.Ensure();
        var path = Path.Combine(Path.GetFullPath(folder), FileName);
        var folderLock = DataFolderLock.Take(Path.GetDirectoryName(path)!);
        WriterConnection? connection = null;
        try
        {
            connection = new WriterConnection(Connect(path, SqliteOpenMode.ReadWriteCreate, pooling: false, patience));
            connection.Open();
            connection.Execute("pragma journal_mode = wal; pragma foreign_keys = on; pragma cache_size = -16000;");
            var schema = SqliteMigrations.Apply(connection, path, time);
            var status = new SqliteStatus(connection.ServerVersion, library, path, schema);
            return new SqliteDatabase(
                new SqliteWriter(connection, path), folderLock, Connect(path, SqliteOpenMode.ReadOnly, pooling: true, patience), status, time);
        }
        catch (Exception error)
        {
            connection?.Dispose();
            folderLock.Dispose();
            var translated = SqliteFaults.Translate(error, path);
            if (ReferenceEquals(translated, error)) throw;
            throw translated;
        }
    }

    public async ValueTask DisposeAsync()
    {
        await _writer.DisposeAsync();
        using (var connection = new SqliteConnection(_readOnly)) SqliteConnection.ClearPool(connection);
        _readers.Dispose();
        _lock.Dispose();
    }

    /// <summary>Runs <paramref name="work"/> in a transaction of its own or, with others that wait, in one; commits or leaves no trace.</summary>
    internal Task<T> WriteAsync<T>(Durability durability, Func<WriterConnection, T> work, CancellationToken cancellationToken) =>
        _writer.WriteAsync(durability, work, cancellationToken);

    internal async Task<T> ReadAsync<T>(Func<SqliteConnection, T> work, CancellationToken cancellationToken)
    {
        await _readers.WaitAsync(cancellationToken);
        try
        {
            await using var connection = new SqliteConnection(_readOnly);
            await connection.OpenAsync(cancellationToken);
            return work(connection);
        }
        catch (SqliteException error)
        {
            throw SqliteFaults.Translate(error, Status.Path);
        }
        finally
        {
            _readers.Release();
        }
    }

    private static string Connect(string path, SqliteOpenMode mode, bool pooling, int patience) => new SqliteConnectionStringBuilder
    {
        DataSource = path,
        Mode = mode,
        Pooling = pooling,
        DefaultTimeout = patience,
    }.ToString();
}
