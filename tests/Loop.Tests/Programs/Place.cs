using System.Diagnostics;
using System.Text.Json;
using Espalier.Contracts;
using Espalier.Contracts.Shared;
using Espalier.Sdk;

namespace Espalier.Loop.Tests.Programs;

/// <summary>A folder of a test's own in which it types commands as a user does. Every server that starts below it ends with it.</summary>
internal sealed class Place : IAsyncDisposable
{
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(150);

    private readonly bool _owned;

    public Place(string? folder = null)
    {
        _owned = folder is null;
        Folder = folder ?? Directory.CreateTempSubdirectory("espalier-loop-").FullName;
    }

    public string Folder { get; }

    /// <summary>Set for every command; null unsets.</summary>
    public Dictionary<string, string?> Variables { get; } = Isolated();

    public string this[string relative] => Path.Combine(Folder, relative);

    public string Data => this[".espalier"];

    public string Write(string relative, string text)
    {
        var path = this[relative];
        Directory.CreateDirectory(Path.GetDirectoryName(path)!);
        File.WriteAllText(path, text);
        return path;
    }

    public Task<Ended> RunAsync(params string[] args) => EndAsync(Start(args), Limit);

    public Task<Ended> TypeAsync(string input, params string[] args) => EndAsync(Start(args, input), Limit);

    public Running Start(string[] args, string? input = null) => Running.Start(["dotnet", BuiltPrograms.Cli, .. args], Folder, Variables, input);

    /// <summary>Runs a command as it was printed for people.</summary>
    public Task<Ended> RunPrintedAsync(string command)
    {
        command.ShouldStartWith("espalier ");
        var line = $"dotnet '{BuiltPrograms.Cli}' {command["espalier ".Length..]}";
        return EndAsync(Running.Start(["/bin/sh", "-c", line], Folder, Variables, null), Limit);
    }

    /// <summary>Who serves a data folder; null when nobody says so.</summary>
    public ServerAddress? ReadServer(string? data = null)
    {
        var file = Path.Combine(data ?? Data, "server.json");
        return File.Exists(file) ? JsonSerializer.Deserialize(File.ReadAllText(file), ContractsJson.Default.ServerAddress) : null;
    }

    /// <summary>A client of the server that runs.</summary>
    public EspalierClient Client(string? data = null) =>
        new(ReadServer(data)!.Url, File.ReadAllText(Path.Combine(data ?? Data, "token")).Trim());

    /// <summary>As the power cut does it: no word to anybody.</summary>
    public async Task KillServerAsync(string? data = null)
    {
        using var server = Process.GetProcessById(ReadServer(data)!.ProcessId);
        server.Kill();
        await Eventually.TrueAsync(() => server.HasExited, "the killed server is gone");
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var file in Directory.EnumerateFiles(Folder, "server.json", new EnumerationOptions { RecurseSubdirectories = true, AttributesToSkip = FileAttributes.None }))
            await EndServerAsync(JsonSerializer.Deserialize(await File.ReadAllTextAsync(file, CancellationToken.None), ContractsJson.Default.ServerAddress)!.ProcessId);
        if (_owned && Environment.GetEnvironmentVariable("ESPALIER_LOOP_KEEP") is null) await DeleteAsync();
    }

    /// <summary>A child of a server that was killed or refused may write for a moment still.</summary>
    private Task DeleteAsync() => Eventually.TrueAsync(
        () =>
        {
            try
            {
                Directory.Delete(Folder, recursive: true);
                return true;
            }
            catch (IOException)
            {
                return false;
            }
        },
        $"{Folder} can be deleted");

    private static async Task<Ended> EndAsync(Running running, TimeSpan limit)
    {
        await using (running) return await running.EndAsync(limit);
    }

    private static async Task EndServerAsync(int id)
    {
        try
        {
            using var server = Process.GetProcessById(id);
            using (var asked = Process.Start("kill", ["-TERM", id.ToString()])) await asked.WaitForExitAsync(CancellationToken.None);
            using var limit = new CancellationTokenSource(TimeSpan.FromSeconds(15));
            try
            {
                await server.WaitForExitAsync(limit.Token);
            }
            catch (OperationCanceledException late)
            {
                server.Kill();
                throw new TimeoutException($"Server {id} did not end within 15 s of being asked to.", late);
            }
        }
        catch (ArgumentException)
        {
            // It has ended already.
        }
    }

    /// <summary>Nothing of the machine that the tests run on may change what commands do.</summary>
    private static Dictionary<string, string?> Isolated()
    {
        var variables = new Dictionary<string, string?> { ["LANG"] = "C.UTF-8", ["LC_ALL"] = null, ["CI"] = null, ["NO_COLOR"] = null, ["FORCE_COLOR"] = null };
        foreach (var name in Environment.GetEnvironmentVariables().Keys.Cast<string>())
        {
            var ours = name.StartsWith("ESPALIER_", StringComparison.Ordinal) && name != "ESPALIER_CHDB_LIBRARY";
            if (ours || name.StartsWith("OPENAI_", StringComparison.Ordinal)) variables[name] = null;
        }

        return variables;
    }
}
