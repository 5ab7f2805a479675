using Espalier.Contracts.Agents;

namespace Espalier.Core.Runs;

/// <summary>How many runs of evaluations may be in flight, by what the providers that they call bear.</summary>
/// <remarks>Additive increase, multiplicative decrease (Chiu and Jain, 1989), a window for each provider: it opens at <see cref="RunsOptions.Parallelism"/>, an answer
/// adds the window's inverse, so that a whole window of answers adds one, and a refusal for asking too much halves it, at most once a <see cref="Calm"/>, because
/// one moment's refusals are one sign. It never falls below one. Which providers a version calls is learned from its calls; a run counts
/// against all of them. First come, first served. Thread-safe.</remarks>
public sealed class ProviderPace(RunsOptions options, TimeProvider time) : IProviderWatch
{
    /// <summary>Refusals within it count as one.</summary>
    public static readonly TimeSpan Calm = TimeSpan.FromSeconds(1);

    /// <summary>Versions whose providers are remembered; a search makes a few hundred.</summary>
    private const int MostVersions = 4096;

    private readonly Lock _lock = new();
    private readonly Dictionary<string, Window> _windows = [];
    private readonly Dictionary<VersionId, HashSet<string>> _providers = [];
    private readonly LinkedList<Waiter> _waiting = [];

    public void Answered(string provider, VersionId? version, bool limited)
    {
        lock (_lock)
        {
            if (!_windows.TryGetValue(provider, out var window)) _windows[provider] = window = new Window(options.Parallelism);
            if (version is { } known)
            {
                if (_providers.Count >= MostVersions) _providers.Clear();
                if (!_providers.TryGetValue(known, out var providers)) _providers[known] = providers = [];
                providers.Add(provider);
            }

            if (!limited) window.Size = Math.Min(options.Parallelism, window.Size + (1 / window.Size));
            else if (window.Lowered is not { } last || time.GetUtcNow() - last >= Calm) (window.Size, window.Lowered) = (Math.Max(1, window.Size / 2), time.GetUtcNow());
            Serve();
        }
    }

    /// <summary>Waits until the version's providers bear one run more. Dispose of it when the run has ended.</summary>
    public async Task<IDisposable> EnterAsync(VersionId version, CancellationToken cancellationToken)
    {
        LinkedListNode<Waiter> node;
        lock (_lock)
        {
            if (TryEnter(version) is { } place) return place;
            node = _waiting.AddLast(new Waiter(version, new(TaskCreationOptions.RunContinuationsAsynchronously)));
        }

        await using var registration = cancellationToken.Register(() =>
        {
            lock (_lock)
            {
                if (node.List is null) return;
                _waiting.Remove(node);
                node.Value.Entered.TrySetCanceled(cancellationToken);
            }
        });
        return await node.Value.Entered.Task;
    }

    /// <summary>How many runs that call this provider may be in flight now.</summary>
    public int LimitOf(string provider)
    {
        lock (_lock) return _windows.TryGetValue(provider, out var window) ? (int)window.Size : options.Parallelism;
    }

    private Place? TryEnter(VersionId version)
    {
        List<Window> windows = _providers.TryGetValue(version, out var providers) ? [.. providers.Select(provider => _windows[provider])] : [];
        if (windows.Exists(window => window.Running >= (int)window.Size)) return null;
        foreach (var window in windows) window.Running++;
        return new Place(this, windows);
    }

    private void Serve()
    {
        for (var node = _waiting.First; node is not null;)
        {
            var next = node.Next;
            if (TryEnter(node.Value.Version) is { } place)
            {
                _waiting.Remove(node);
                node.Value.Entered.SetResult(place);
            }

            node = next;
        }
    }

    private void Leave(List<Window> windows)
    {
        lock (_lock)
        {
            foreach (var window in windows) window.Running--;
            Serve();
        }
    }

    private sealed class Window(double size)
    {
        public double Size { get; set; } = size;

        public int Running { get; set; }

        public DateTimeOffset? Lowered { get; set; }
    }

    private sealed class Place(ProviderPace pace, List<Window> windows) : IDisposable
    {
        private int _left;

        public void Dispose()
        {
            if (Interlocked.Exchange(ref _left, 1) == 0) pace.Leave(windows);
        }
    }

    private sealed record Waiter(VersionId Version, TaskCompletionSource<IDisposable> Entered);
}
