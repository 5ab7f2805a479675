using System.Collections.Concurrent;
using System.Diagnostics;

namespace Espalier.Workers.Sandboxes;

/// <summary>Starts processes from one thread that lives as long as the sandboxes do.</summary>
/// <remarks><c>--die-with-parent</c> is the kernel's parent-death signal, and its parent is the <em>thread</em> that forked: a sandbox started
/// from the thread pool would be killed when the pool retires that thread.</remarks>
internal sealed class LaunchThread : IDisposable
{
    private readonly BlockingCollection<(ProcessStartInfo Info, TaskCompletionSource<Process> Started)> _queue = new(boundedCapacity: 1024);

    public LaunchThread() => new Thread(Work) { IsBackground = true, Name = "sandbox launcher" }.Start();

    public Task<Process> StartAsync(ProcessStartInfo info, CancellationToken cancellationToken)
    {
        var started = new TaskCompletionSource<Process>(TaskCreationOptions.RunContinuationsAsynchronously);
        _queue.Add((info, started), cancellationToken);
        return started.Task;
    }

    public void Dispose() => _queue.CompleteAdding();

    private void Work()
    {
        foreach (var (info, started) in _queue.GetConsumingEnumerable())
        {
            try
            {
                started.SetResult(Process.Start(info)!);
            }
            catch (Exception e)
            {
                started.SetException(e);
            }
        }
    }
}
