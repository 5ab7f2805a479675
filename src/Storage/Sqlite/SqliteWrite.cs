namespace Espalier.Storage.Sqlite;

/// <summary>One write that waits for its turn. It may be executed twice, so it keeps no state of its own.</summary>
internal abstract class SqliteWrite(Durability durability, CancellationToken cancellationToken)
{
    public Durability Durability { get; } = durability;

    protected CancellationToken Cancellation { get; } = cancellationToken;

    /// <summary>True when the caller gave up before the write began; later it runs to its end, so that callers always know.</summary>
    public abstract bool TryCancel();

    public abstract void Execute(WriterConnection connection);

    public abstract void Complete();

    public abstract void Fail(Exception error);
}

internal sealed class SqliteWrite<T>(Durability durability, Func<WriterConnection, T> work, CancellationToken cancellationToken)
    : SqliteWrite(durability, cancellationToken)
{
    private readonly TaskCompletionSource<T> _done = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private T _answer = default!;

    public Task<T> Done => _done.Task;

    public override bool TryCancel() => Cancellation.IsCancellationRequested && _done.TrySetCanceled(Cancellation);

    public override void Execute(WriterConnection connection) => _answer = work(connection);

    public override void Complete() => _done.TrySetResult(_answer);

    public override void Fail(Exception error) => _done.TrySetException(error);
}
