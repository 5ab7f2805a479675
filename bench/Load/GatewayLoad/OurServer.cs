using System.Net.Http.Headers;
using System.Text;
using System.Text.Json;
using Espalier.Contracts;
using Espalier.Contracts.Runs;
using Espalier.Contracts.Shared;

namespace Espalier.GatewayLoad;

/// <summary>The server that users run, in a process and a folder of its own, with one upstream.</summary>
internal sealed class OurServer : IAsyncDisposable
{
    private readonly Child _process;
    private readonly HttpClient _rest;
    private readonly string _folder;

    private OurServer(Child process, HttpClient rest, string folder, int store)
    {
        (_process, _rest, _folder, Store) = (process, rest, folder, store);
        Chat = new Uri(rest.BaseAddress!, "v1/chat/completions");
    }

    public int Id => _process.Id;

    /// <summary>The process of the trace store.</summary>
    public int Store { get; }

    public Uri Chat { get; }

    public static async Task<OurServer> StartAsync(string server, Uri upstream)
    {
        var folder = Directory.CreateTempSubdirectory("espalier-gateway-").FullName;
        var process = Child.Start("dotnet", [server, "--data", folder, "--port", "0"], new Dictionary<string, string>
        {
            ["OPENAI_BASE_URL"] = upstream.AbsoluteUri,
            ["OPENAI_API_KEY"] = "sk-bench",
            ["ESPALIER_Server__Otlp__HttpPort"] = "0",
            ["ESPALIER_Server__Otlp__GrpcPort"] = "0",
        });
        var info = Path.Combine(folder, "server.json");
        while (!File.Exists(info))
        {
            if (process.HasExited) throw new InvalidOperationException("The server ended before it was ready.");
            await Task.Delay(TimeSpan.FromMilliseconds(50), TimeProvider.System, CancellationToken.None);
        }

        var address = JsonSerializer.Deserialize(await File.ReadAllBytesAsync(info, CancellationToken.None), ContractsJson.Default.ServerAddress)!;
        var rest = new HttpClient { BaseAddress = address.Url, Timeout = TimeSpan.FromMinutes(10) };
        rest.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", (await File.ReadAllTextAsync(Path.Combine(folder, "token"), CancellationToken.None)).Trim());
        while (true)
        {
            // The tables are made on the first read at the latest.
            using var totals = await rest.GetAsync(new Uri("/api/v1/traces/totals", UriKind.Relative), CancellationToken.None);
            if (totals.IsSuccessStatusCode) break;
            await Task.Delay(TimeSpan.FromMilliseconds(200), TimeProvider.System, CancellationToken.None);
        }

        var diagnostics = JsonSerializer.Deserialize(
            await rest.GetByteArrayAsync(new Uri("/api/v1/diagnostics", UriKind.Relative), CancellationToken.None), ContractsJson.Default.ServerDiagnostics)!;
        return new OurServer(process, rest, folder, diagnostics.TraceStoreProcessId ?? throw new InvalidOperationException("The server has no store of its own."));
    }

    /// <summary>The secret of a new key.</summary>
    public async Task<string> MakeKeyAsync(CreateKey key)
    {
        using var body = new StringContent(JsonSerializer.Serialize(key, ContractsJson.Default.CreateKey), Encoding.UTF8, "application/json");
        using var response = await _rest.PostAsync(new Uri("/api/v1/keys", UriKind.Relative), body, CancellationToken.None);
        response.EnsureSuccessStatusCode();
        return JsonSerializer.Deserialize(await response.Content.ReadAsByteArrayAsync(CancellationToken.None), ContractsJson.Default.CreatedKey)!.Secret;
    }

    /// <summary>Traces that can be asked for; null while the store is too busy to say.</summary>
    public async Task<long?> CountTracesAsync()
    {
        using var response = await _rest.GetAsync(new Uri("/api/v1/traces/totals", UriKind.Relative), CancellationToken.None);
        if (!response.IsSuccessStatusCode) return null;
        using var totals = JsonDocument.Parse(await response.Content.ReadAsByteArrayAsync(CancellationToken.None));
        return totals.RootElement.GetProperty("observed").GetInt64();
    }

    public async ValueTask DisposeAsync()
    {
        using (await _rest.PostAsync(new Uri("/api/v1/shutdown", UriKind.Relative), null, CancellationToken.None)) await _process.WaitAsync();
        await _process.DisposeAsync();
        _rest.Dispose();
        Directory.Delete(_folder, recursive: true);
    }
}
