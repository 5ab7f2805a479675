namespace Espalier.Server.Traces.Otlp;

/// <summary>How many bodies are worked on at once, by number and by bytes. Those who wait are let in by the order in which they came.</summary>
/// <remarks>Thread-safe.</remarks>
internal sealed class WorkGate(OtlpOptions options, TimeProvider time)
{
    private readonly Lock _lock = new();
    private readonly LinkedList<Waiting> _waiting = new();
    private int _inWork;
    private long _bytes;

    public int InWork => Volatile.Read(ref _inWork);

    public int WaitingCount
    {
        get
        {
            lock (_lock) return _waiting.Count;
        }
    }

    /// <summary>Returns when it is this body's turn; disposing what it returns ends the turn.</summary>
    /// <exception cref="OtlpRefusal">Too many wait already, or the wait was too long.</exception>
    public async Task<Turn> EnterAsync(long bytes, CancellationToken cancellationToken)
    {
        LinkedListNode<Waiting> node;
        lock (_lock)
        {
            if (_waiting.Count == 0 && HasRoom(bytes)) return Take(bytes);
            if (_waiting.Count >= options.MaxWaiting)
                throw OtlpRefusal.Busy($"{_waiting.Count} exports wait to be stored already.", options.RetryAfter);
            node = _waiting.AddLast(new Waiting(bytes));
        }

        using var limit = new CancellationTokenSource(options.MaxWait, time);
        await using var tooLong = limit.Token.Register(() => GiveUp(node, OtlpRefusal.Busy(
            $"The export waited {options.MaxWait.TotalSeconds:0.#} s to be stored.", options.RetryAfter)));
        await using var gone = cancellationToken.Register(() => GiveUp(node, new OperationCanceledException(cancellationToken)));
        return await node.Value.Admitted.Task;
    }

    private bool HasRoom(long bytes) => _inWork == 0 || (_inWork < options.EffectiveMaxInWork && _bytes + bytes <= options.MaxBytesInWork);

    private Turn Take(long bytes)
    {
        _inWork++;
        _bytes += bytes;
        return new Turn(this, bytes);
    }

    private void Leave(long bytes)
    {
        lock (_lock)
        {
            _inWork--;
            _bytes -= bytes;
            Admit();
        }
    }

    private void Admit()
    {
        while (_waiting.First is { } first && HasRoom(first.Value.Bytes))
        {
            _waiting.RemoveFirst();
            first.Value.Admitted.TrySetResult(Take(first.Value.Bytes));
        }
    }

    private void GiveUp(LinkedListNode<Waiting> node, Exception why)
    {
        lock (_lock)
        {
            // Whoever was let in at the same moment keeps the turn.
            if (node.List is null) return;
            _waiting.Remove(node);

            // It may have been a large one that held up smaller ones.
            Admit();
        }

        node.Value.Admitted.TrySetException(why);
    }

    /// <summary>A place at work until it is disposed.</summary>
    internal sealed class Turn(WorkGate gate, long bytes) : IDisposable
    {
        private int _left;

        public void Dispose()
        {
            if (Interlocked.Exchange(ref _left, 1) == 0) gate.Leave(bytes);
        }
    }

    private sealed record Waiting(long Bytes)
    {
        public TaskCompletionSource<Turn> Admitted { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);
    }
}
