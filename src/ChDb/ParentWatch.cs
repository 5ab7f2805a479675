namespace Espalier.ChDb;

/// <summary>Stops this process when the one that started it is gone, however it went: its end of standard input closes then.</summary>
/// <remarks>The kernel's death signal is not used: it fires when the parent's thread ends, and .NET's pool threads come and go.</remarks>
internal sealed class ParentWatch(IHostApplicationLifetime lifetime) : BackgroundService
{
    protected override Task ExecuteAsync(CancellationToken stoppingToken)
    {
        // A read of standard input cannot be cancelled, so it has a thread of its own that dies with the process.
        var thread = new Thread(() =>
        {
            using var input = Console.OpenStandardInput();
            Span<byte> ignored = stackalloc byte[64];
            while (input.Read(ignored) > 0)
            {
            }

            lifetime.StopApplication();
        })
        { IsBackground = true, Name = "parent watch" };
        thread.Start();
        return Task.CompletedTask;
    }
}
