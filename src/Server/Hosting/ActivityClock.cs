namespace Espalier.Server.Hosting;

/// <summary>When the server was last asked for something.</summary>
internal sealed class ActivityClock(TimeProvider time)
{
    private long _last = time.GetTimestamp();
    private int _open;

    public TimeSpan Idle => Volatile.Read(ref _open) > 0 ? TimeSpan.Zero : time.GetElapsedTime(Volatile.Read(ref _last));

    public void Enter() => Interlocked.Increment(ref _open);

    public void Leave()
    {
        Volatile.Write(ref _last, time.GetTimestamp());
        Interlocked.Decrement(ref _open);
    }
}

/// <summary>Marks each request on the clock.</summary>
internal sealed class Activity(RequestDelegate next, ActivityClock clock)
{
    public async Task InvokeAsync(HttpContext context)
    {
        clock.Enter();
        try
        {
            await next(context);
        }
        finally
        {
            clock.Leave();
        }
    }
}
