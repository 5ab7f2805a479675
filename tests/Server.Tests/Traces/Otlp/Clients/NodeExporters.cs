using System.Diagnostics;
using System.Security.Cryptography;
using System.Text.Json.Nodes;
using Espalier.Testing;

[assembly: AssemblyFixture(typeof(Espalier.Server.Tests.Traces.Otlp.Clients.NodeExporters))]

namespace Espalier.Server.Tests.Traces.Otlp.Clients;

/// <summary>OpenTelemetry's exporters for Node, as npm gives them, below the build's own folder; fetched once for a lock file.</summary>
public sealed class NodeExporters : IDisposable
{
    private readonly SemaphoreSlim _turn = new(1);
    private string? _folder;

    public void Dispose() => _turn.Dispose();

    /// <summary>Runs the script, and reads the one line that it prints.</summary>
    public async Task<JsonNode> ExportAsync(Uri endpoint, CancellationToken cancellationToken, params string[] arguments)
    {
        var folder = await FolderAsync(cancellationToken);
        var (exit, said, complained) = await RunAsync(
            "node", folder, ["export.mjs", .. arguments], [("OTEL_EXPORTER_OTLP_ENDPOINT", endpoint.ToString().TrimEnd('/')), ("OTEL_LOG_LEVEL", "debug")], cancellationToken);
        exit.ShouldBe(0, $"{said}\n{complained}");
        return JsonNode.Parse(said.Split('\n', StringSplitOptions.RemoveEmptyEntries)[^1])!;
    }

    private static async Task<(int Exit, string Out, string Err)> RunAsync(
        string program, string folder, string[] arguments, (string Name, string Value)[] environment, CancellationToken cancellationToken)
    {
        var start = new ProcessStartInfo(program, arguments)
        {
            WorkingDirectory = folder, UseShellExecute = false, RedirectStandardOutput = true, RedirectStandardError = true,
        };
        foreach (var (name, value) in environment) start.Environment[name] = value;
        using var process = Process.Start(start)!;
        var said = process.StandardOutput.ReadToEndAsync(cancellationToken);
        var complained = process.StandardError.ReadToEndAsync(cancellationToken);
        await process.WaitForExitAsync(cancellationToken);
        return (process.ExitCode, await said, await complained);
    }

    private async Task<string> FolderAsync(CancellationToken cancellationToken)
    {
        await _turn.WaitAsync(cancellationToken);
        try
        {
            return _folder ??= await InstallAsync(cancellationToken);
        }
        finally
        {
            _turn.Release();
        }
    }

    // npm writes its list of what is installed last: a folder that has it is whole.
    private static async Task<string> InstallAsync(CancellationToken cancellationToken)
    {
        var source = SourceFile.Path("node");
        var version = Convert.ToHexStringLower(SHA256.HashData(await File.ReadAllBytesAsync(Path.Combine(source, "package-lock.json"), cancellationToken)))[..12];
        var folder = Path.GetFullPath(Path.Combine(AppContext.BaseDirectory, "..", "..", "..", "otlp-clients", version));
        Directory.CreateDirectory(folder);
        await using var held = await LockAsync(Path.Combine(folder, "install.lock"), cancellationToken);
        foreach (var file in Directory.EnumerateFiles(source)) File.Copy(file, Path.Combine(folder, Path.GetFileName(file)), overwrite: true);
        if (File.Exists(Path.Combine(folder, "node_modules", ".package-lock.json"))) return folder;
        var (exit, said, complained) = await RunAsync(
            "npm", folder, ["ci", "--ignore-scripts", "--no-audit", "--no-fund", "--no-update-notifier", "--loglevel=error"], [], cancellationToken);
        exit.ShouldBe(0, $"npm could not fetch OpenTelemetry's exporters: {said}\n{complained}");
        return folder;
    }

    private static async Task<FileStream> LockAsync(string path, CancellationToken cancellationToken)
    {
        while (true)
        {
            try
            {
                return new FileStream(path, FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None);
            }
            catch (IOException)
            {
                await Task.Delay(TimeSpan.FromMilliseconds(200), TimeProvider.System, cancellationToken);
            }
        }
    }
}
