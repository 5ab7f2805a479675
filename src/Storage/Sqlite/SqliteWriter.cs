using System.Threading.Channels;
using Microsoft.Data.Sqlite;

namespace Espalier.Storage.Sqlite;

/// <summary>The one writer. Writes that wait together are committed together, so that a full sync is paid once for all of them.</summary>
internal sealed class SqliteWriter : IAsyncDisposable
{
    private const int MaxBatch = 128;

    private readonly Channel<SqliteWrite> _queue = Channel.CreateBounded<SqliteWrite>(
        new BoundedChannelOptions(1024) { FullMode = BoundedChannelFullMode.Wait, SingleReader = true });

    private readonly WriterConnection _connection;
    private readonly string _path;
    private readonly Task _loop;
    private Durability? _durability;

    public SqliteWriter(WriterConnection connection, string path)
    {
        (_connection, _path) = (connection, path);
        _loop = Task.Run(RunAsync);
    }

    public async Task<T> WriteAsync<T>(Durability durability, Func<WriterConnection, T> work, CancellationToken cancellationToken)
    {
        var write = new SqliteWrite<T>(durability, work, cancellationToken);
        try
        {
            await _queue.Writer.WriteAsync(write, cancellationToken);
        }
        catch (ChannelClosedException error)
        {
            throw new ObjectDisposedException($"The database {_path} is closed.", error);
        }

        return await write.Done;
    }

    /// <summary>Finishes what is queued, then closes the connection.</summary>
    public async ValueTask DisposeAsync()
    {
        _queue.Writer.TryComplete();
        await _loop;
        await _connection.DisposeAsync();
    }

    private async Task RunAsync()
    {
        var batch = new List<SqliteWrite>(MaxBatch);
        while (await _queue.Reader.WaitToReadAsync())
        {
            batch.Clear();
            while (batch.Count < MaxBatch && _queue.Reader.TryRead(out var write))
                if (!write.TryCancel()) batch.Add(write);
            if (batch.Count > 0) Commit(batch);
        }
    }

    private void Commit(List<SqliteWrite> batch)
    {
        try
        {
            foreach (var (write, error) in CommitTogether(batch))
                if (error is null) write.Complete();
                else write.Fail(SqliteFaults.Translate(error, _path));
        }
        catch (Exception error)
        {
            Rollback();
            // One write that does not fit must not take the others with it: each gets its own try.
            if (batch.Count > 1) foreach (var write in batch) Commit([write]);
            else batch[0].Fail(SqliteFaults.Translate(error, _path));
        }
    }

    private List<(SqliteWrite Write, Exception? Error)> CommitTogether(List<SqliteWrite> batch)
    {
        Set(batch.Exists(write => write.Durability is Durability.Power) ? Durability.Power : Durability.Process);
        var ended = new List<(SqliteWrite, Exception?)>(batch.Count);
        Run("begin immediate");
        foreach (var write in batch)
        {
            Run("savepoint one");
            try
            {
                write.Execute(_connection);
                ended.Add((write, null));
            }
            catch (Exception error) when (error is not SqliteException sqlite || !SqliteFaults.IsEnvironment(sqlite))
            {
                Run("rollback to one");
                ended.Add((write, error));
            }

            Run("release one");
        }

        Run("commit");
        return ended;
    }

    private void Rollback()
    {
        // SQLite rolls back by itself on some errors; a second rollback is then an error that means nothing.
        try
        {
            Run("rollback");
        }
        catch (SqliteException)
        {
        }
    }

    private void Set(Durability durability)
    {
        if (_durability == durability) return;
        Run(durability is Durability.Power ? "pragma synchronous = full" : "pragma synchronous = normal");
        _durability = durability;
    }

    private void Run(string sql) => _connection.Prepared(sql).ExecuteNonQuery();
}
