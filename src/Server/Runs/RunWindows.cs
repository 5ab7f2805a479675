using System.Collections.Concurrent;
using Espalier.Core.Runs;

namespace Espalier.Server.Runs;

/// <summary>Remembers which runs each token was bound to and when, so that spans which an agent exports later still find their run.</summary>
/// <remarks>An exporter sends batches seconds after the spans ended, when a warm process serves another run already. Thread-safe.</remarks>
internal sealed class RunWindows(IRunTokens inner, TimeProvider time) : IRunTokens
{
    // More than a process serves between two exports.
    private const int MostKept = 1024;

    private readonly ConcurrentDictionary<string, Queue<RunWindow>> _windows = new();

    public string Issue()
    {
        var token = inner.Issue();
        _windows[token] = new Queue<RunWindow>();
        return token;
    }

    public void Bind(string token, RunContext context)
    {
        inner.Bind(token, context);
        if (!_windows.TryGetValue(token, out var windows)) return;
        lock (windows)
        {
            if (windows.Count == MostKept) windows.Dequeue();
            windows.Enqueue(new RunWindow(context, time.GetUtcNow()));
        }
    }

    public Task<RunMeasure> UnbindAsync(string token, CancellationToken cancellationToken) => inner.UnbindAsync(token, cancellationToken);

    public void Revoke(string token)
    {
        _windows.TryRemove(token, out _);
        inner.Revoke(token);
    }

    /// <summary>The runs of a token that is in use, oldest first; null when it is none.</summary>
    public IReadOnlyList<RunWindow>? Find(string? token)
    {
        if (token is null || !_windows.TryGetValue(token, out var windows)) return null;
        lock (windows) return [.. windows];
    }
}

/// <param name="Run">Whose spans these are.</param>
/// <param name="Start">From here on, until the next one's.</param>
internal sealed record RunWindow(RunContext Run, DateTimeOffset Start);
