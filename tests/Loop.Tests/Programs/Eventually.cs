namespace Espalier.Loop.Tests.Programs;

/// <summary>Waits for what other processes do, with a limit instead of a guess.</summary>
internal static class Eventually
{
    public static Task TrueAsync(Func<bool> done, string what) => TrueAsync(() => Task.FromResult(done()), what);

    public static async Task TrueAsync(Func<Task<bool>> done, string what)
    {
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(TestContext.Current.CancellationToken);
        limit.CancelAfter(TimeSpan.FromSeconds(60));
        try
        {
            while (!await done()) await Task.Delay(TimeSpan.FromMilliseconds(20), limit.Token);
        }
        catch (OperationCanceledException late)
        {
            throw new TimeoutException($"After 60 s it was still not so that {what}.", late);
        }
    }
}
