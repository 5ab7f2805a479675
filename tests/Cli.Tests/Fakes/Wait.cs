namespace Espalier.Cli.Tests.Fakes;

/// <summary>Waits for something that another process or thread does, with a limit instead of a guess.</summary>
internal static class Wait
{
    public static async Task UntilAsync(Func<bool> done)
    {
        using var limit = new CancellationTokenSource(TimeSpan.FromSeconds(20));
        while (!done()) await Task.Delay(TimeSpan.FromMilliseconds(10), limit.Token);
    }
}
