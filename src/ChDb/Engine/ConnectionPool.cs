using System.Threading.Channels;
using Espalier.ChDb.Native;

namespace Espalier.ChDb.Engine;

/// <summary>Open connections, lent to one request each: writers and readers apart, so that a long read never holds up an insert.</summary>
internal sealed class ConnectionPool
{
    private readonly Channel<Connection> _readers;
    private readonly Channel<Connection> _writers;
    private readonly int _writerCount;
    private readonly int _readerCount;

    private ConnectionPool(List<Connection> all, int writerCount)
    {
        _writerCount = writerCount;
        _readerCount = all.Count - writerCount;
        _writers = Fill(all[..writerCount]);
        _readers = Fill(all[writerCount..]);
    }

    /// <summary>Opens every connection now, before anything is served: connecting touches the process's signal handlers.</summary>
    public static ConnectionPool? Open(IReadOnlyList<string> arguments, int writerCount, int readerCount)
    {
        var all = new List<Connection>();
        while (all.Count < writerCount + readerCount)
        {
            var connection = Connection.Open(arguments);
            if (connection is null)
            {
                foreach (var opened in all) opened.Dispose();
                return null;
            }

            all.Add(connection);
        }

        return new(all, writerCount);
    }

    public async ValueTask<Lease> RentAsync(bool forReading, CancellationToken cancellationToken)
    {
        var home = forReading ? _readers : _writers;
        return new(await home.Reader.ReadAsync(cancellationToken), home.Writer);
    }

    /// <summary>Waits for requests in progress and closes every connection; those still busy after the given time are left alone.</summary>
    /// <remarks>Closing a connection under its running statement crashes the engine, and the process ends anyway.</remarks>
    public async Task CloseAsync(TimeSpan patience)
    {
        using var limit = new CancellationTokenSource(patience);
        try
        {
            await CloseAsync(_writers, _writerCount, limit.Token);
            await CloseAsync(_readers, _readerCount, limit.Token);
        }
        catch (OperationCanceledException)
        {
        }
    }

    private static async Task CloseAsync(Channel<Connection> home, int count, CancellationToken cancellationToken)
    {
        for (; count > 0; count--) (await home.Reader.ReadAsync(cancellationToken)).Dispose();
    }

    private static Channel<Connection> Fill(List<Connection> connections)
    {
        var home = Channel.CreateBounded<Connection>(connections.Count);
        foreach (var connection in connections) home.Writer.TryWrite(connection);
        return home;
    }

    internal readonly struct Lease(Connection connection, ChannelWriter<Connection> home) : IDisposable
    {
        public Connection Connection => connection;

        public void Dispose() => home.TryWrite(connection);
    }
}
