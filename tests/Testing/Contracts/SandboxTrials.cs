using System.Globalization;
using System.Text;
using Espalier.Core.Runs;
using Xunit;

namespace Espalier.Testing.Contracts;

/// <summary>What trials of a sandbox need: a source folder, a run to its end, and a count of what still lives.</summary>
public abstract class SandboxTrials : IAsyncDisposable
{
    private static int _marks;

    // As in a data folder: the parent is closed to others, the folder itself is not.
    private readonly DirectoryInfo _source = Directory.CreateTempSubdirectory("espalier-source-").CreateSubdirectory("files");

    protected abstract ISandbox Sandbox { get; }

    protected string Source => _source.FullName;

    protected static CancellationToken Cancel => TestContext.Current.CancellationToken;

    public virtual ValueTask DisposeAsync()
    {
        _source.Parent!.Delete(recursive: true);
        GC.SuppressFinalize(this);
        return ValueTask.CompletedTask;
    }

    protected void Write(string path, string content)
    {
        var full = Path.Combine(Source, path);
        Directory.CreateDirectory(Path.GetDirectoryName(full)!);
        File.WriteAllText(full, content);
    }

    protected SandboxSpec Spec(string command, IReadOnlyDictionary<string, string>? environment = null) =>
        new() { Command = command, SourceFolder = Source, Environment = environment ?? new Dictionary<string, string>() };

    protected Task<(int Code, string Output, string Stderr)> RunAsync(
        string command, string input = "", IReadOnlyDictionary<string, string>? environment = null) => RunAsync(Spec(command, environment), input);

    protected async Task<(int Code, string Output, string Stderr)> RunAsync(SandboxSpec spec, string input = "")
    {
        await using var process = await Sandbox.StartAsync(spec, Cancel);
        try
        {
            await process.StandardInput.WriteAsync(Encoding.UTF8.GetBytes(input), Cancel);
            process.StandardInput.Close();
        }
        catch (IOException)
        {
            // It ended without reading.
        }

        var output = await new StreamReader(process.StandardOutput).ReadToEndAsync(Cancel);
        var code = await process.WaitForExitAsync(Cancel);
        await process.DisposeAsync();
        return (code, output.TrimEnd(), process.StderrTail);
    }

    /// <summary>A number of seconds that no other process of this machine sleeps for.</summary>
    protected static string Mark() => $"{Environment.ProcessId}{Interlocked.Increment(ref _marks)}77";

    /// <summary>How many processes of the machine have the mark among their arguments, sleepers only.</summary>
    protected static int Living(string mark) => Directory.EnumerateDirectories("/proc")
        .Where(path => int.TryParse(Path.GetFileName(path), NumberStyles.None, CultureInfo.InvariantCulture, out _))
        .Count(path =>
        {
            try
            {
                return File.ReadAllText(Path.Combine(path, "cmdline")).Split('\0') is ["sleep", var seconds, ..] && seconds == mark;
            }
            catch (Exception e) when (e is IOException or UnauthorizedAccessException)
            {
                return false;
            }
        });
}
