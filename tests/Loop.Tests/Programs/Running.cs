using System.Diagnostics;

namespace Espalier.Loop.Tests.Programs;

/// <summary>A program that was started; its streams are read from the start, so that it never waits for us.</summary>
internal sealed class Running : IAsyncDisposable
{
    private readonly Process _process;
    private readonly Task<string> _output;
    private readonly Task<string> _errors;

    private Running(Process process) =>
        (_process, _output, _errors) = (process, process.StandardOutput.ReadToEndAsync(CancellationToken.None), process.StandardError.ReadToEndAsync(CancellationToken.None));

    public int Id => _process.Id;

    public static Running Start(IReadOnlyList<string> command, string folder, IReadOnlyDictionary<string, string?> variables, string? input)
    {
        var info = new ProcessStartInfo(command[0])
        {
            UseShellExecute = false, WorkingDirectory = folder,
            RedirectStandardInput = true, RedirectStandardOutput = true, RedirectStandardError = true,
        };
        foreach (var argument in command.Skip(1)) info.ArgumentList.Add(argument);
        foreach (var (name, value) in variables)
        {
            if (value is null) info.Environment.Remove(name);
            else info.Environment[name] = value;
        }

        var process = Process.Start(info)!;
        if (input is not null) process.StandardInput.Write(input);
        process.StandardInput.Close();
        return new Running(process);
    }

    /// <summary>Waits for its end; one that is not over in time is ended and fails the test.</summary>
    public async Task<Ended> EndAsync(TimeSpan limit)
    {
        using var timer = CancellationTokenSource.CreateLinkedTokenSource(TestContext.Current.CancellationToken);
        timer.CancelAfter(limit);
        try
        {
            await _process.WaitForExitAsync(timer.Token);
            // A child that kept the streams open would be a leak; it must not hang the tests.
            return new Ended(_process.ExitCode, await _output.WaitAsync(timer.Token), await _errors.WaitAsync(timer.Token));
        }
        catch (OperationCanceledException late)
        {
            var exited = _process.HasExited;
            if (!exited) _process.Kill();
            using var grace = new CancellationTokenSource(TimeSpan.FromSeconds(2));
            var said = exited ? "(its streams are still open)" : await _errors.WaitAsync(grace.Token);
            throw new TimeoutException($"Process {Id} was not over after {limit.TotalSeconds:0} s (exited: {exited}).\n{said}", late);
        }
    }

    public void Signal(string signal)
    {
        using var kill = Process.Start("kill", [$"-{signal}", Id.ToString()]);
        kill.WaitForExit();
    }

    public async ValueTask DisposeAsync()
    {
        if (!_process.HasExited) _process.Kill();
        await _process.WaitForExitAsync(CancellationToken.None);
        _process.Dispose();
    }
}
