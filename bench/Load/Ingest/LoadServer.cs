using System.Diagnostics;
using System.Net.Http.Headers;
using System.Text.Json;
using Espalier.Contracts;
using Espalier.Contracts.Shared;

namespace Espalier.Ingest;

/// <summary>A server of its own process on free ports, and what it says of itself.</summary>
internal sealed class LoadServer : IAsyncDisposable
{
    private readonly Process _process;
    private readonly HttpClient _rest;
    private readonly string _folder;
    private readonly bool _ownsFolder;

    private LoadServer(Process process, HttpClient rest, ServerAddress address, string folder, bool ownsFolder)
    {
        (_process, _rest, _folder, _ownsFolder) = (process, rest, folder, ownsFolder);
        Otlp = new Uri(address.OtlpHttp ?? throw new InvalidOperationException($"The server takes no OTLP over HTTP: {address.OtlpProblem}"), "v1/traces");
    }

    /// <summary>Where exports go.</summary>
    public Uri Otlp { get; }

    public static async Task<LoadServer> StartAsync(LoadPlan plan)
    {
        var folder = plan.Data ?? Directory.CreateTempSubdirectory("espalier-ingest-").FullName;
        var start = new ProcessStartInfo("dotnet", [plan.Server, "--data", folder, "--port", "0"]) { UseShellExecute = false };
        start.Environment["ESPALIER_Server__Otlp__HttpPort"] = "0";
        start.Environment["ESPALIER_Server__Otlp__GrpcPort"] = "0";
        var info = Path.Combine(folder, "server.json");
        Directory.CreateDirectory(folder);
        File.Delete(info);
        var process = Process.Start(start)!;
        while (!File.Exists(info))
        {
            if (process.HasExited) throw new InvalidOperationException($"The server ended with {process.ExitCode} before it was ready.");
            await Task.Delay(TimeSpan.FromMilliseconds(50), TimeProvider.System);
        }

        var address = JsonSerializer.Deserialize(await File.ReadAllBytesAsync(info), ContractsJson.Default.ServerAddress)!;
        var rest = new HttpClient { BaseAddress = address.Url, Timeout = TimeSpan.FromMinutes(10) };
        rest.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", (await File.ReadAllTextAsync(Path.Combine(folder, "token"))).Trim());
        var server = new LoadServer(process, rest, address, folder, plan.Data is null);

        // The tables are made on the first read at the latest.
        while (await server.CountTracesAsync() is null) await Task.Delay(TimeSpan.FromMilliseconds(200), TimeProvider.System);
        return server;
    }

    /// <summary>Null while the store does not answer.</summary>
    public async Task<long?> CountTracesAsync()
    {
        using var response = await _rest.GetAsync(new Uri("/api/v1/traces/totals", UriKind.Relative));
        if (!response.IsSuccessStatusCode) return null;
        using var totals = JsonDocument.Parse(await response.Content.ReadAsByteArrayAsync());
        return totals.RootElement.GetProperty("observed").GetInt64();
    }

    public async Task<bool> HasTraceAsync(string trace)
    {
        using var response = await _rest.GetAsync(new Uri($"/api/v1/traces/{trace}", UriKind.Relative));
        return response.IsSuccessStatusCode;
    }

    /// <summary>Milliseconds until the whole answer is here.</summary>
    public async Task<double> AskAsync(string path)
    {
        var began = Stopwatch.GetTimestamp();
        using var response = await _rest.GetAsync(new Uri(path, UriKind.Relative));
        var answer = await response.Content.ReadAsStringAsync();
        if (!response.IsSuccessStatusCode) throw new InvalidOperationException($"GET {path} answered {(int)response.StatusCode}: {answer}");
        return Stopwatch.GetElapsedTime(began).TotalMilliseconds;
    }

    public async Task<ServerDiagnostics> ReadDiagnosticsAsync() =>
        JsonSerializer.Deserialize(await _rest.GetByteArrayAsync(new Uri("/api/v1/diagnostics", UriKind.Relative)), ContractsJson.Default.ServerDiagnostics)!;

    public async ValueTask DisposeAsync()
    {
        using (await _rest.PostAsync(new Uri("/api/v1/shutdown", UriKind.Relative), null)) await _process.WaitForExitAsync();
        _process.Dispose();
        _rest.Dispose();
        if (_ownsFolder) Directory.Delete(_folder, recursive: true);
    }
}
