using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using System.Text.Json;
using Espalier.Gateway.Tests.Fakes;

namespace Espalier.Gateway.Tests.Agents;

/// <summary>The scripted model server that the programs were recorded against; speaks every vendor's format and keeps what it answered.</summary>
internal sealed class ShopModels : IAsyncDisposable
{
    private readonly Process _process;
    private readonly string _folder;

    private ShopModels(Process process, string folder, Uri root) => (_process, _folder, Root) = (process, folder, root);

    public Uri Root { get; }

    /// <summary>The key that names this server's recordings; more words behind it ask for failures.</summary>
    public static string Key => "sk-rt_gateway";

    public static async Task<ShopModels> StartAsync()
    {
        var script = Path.Combine(SharedFiles.Require("agents", "fake-model-server"), "fake_model_server.py");
        var folder = Directory.CreateTempSubdirectory("espalier-shop-").FullName;
        for (var tries = 0; ; tries++)
        {
            var port = FreePort();
            var start = new ProcessStartInfo("python3", [script, "--port", $"{port}", "--capture", folder]);
            var server = new ShopModels(Process.Start(start)!, folder, new Uri($"http://127.0.0.1:{port}"));
            if (await server.AnswersAsync()) return server;
            await server.DisposeAsync();
            tries.ShouldBeLessThan(3, "the scripted model server starts");
        }
    }

    /// <summary>What the provider counted, reply by reply; null for a reply that tells none.</summary>
    public IReadOnlyList<JsonElement?> Usages()
    {
        var folder = Path.Combine(_folder, "gateway");
        return
        [
            .. Directory.GetFiles(folder, "*.*").Where(file => file.EndsWith(".res.json", StringComparison.Ordinal) || file.EndsWith(".sse", StringComparison.Ordinal))
                .Select(file => file.EndsWith(".sse", StringComparison.Ordinal) ? OfStream(File.ReadAllText(file)) : OfBody(File.ReadAllText(file))),
        ];
    }

    public ValueTask DisposeAsync()
    {
        if (!_process.HasExited) _process.Kill();
        _process.Dispose();
        Directory.Delete(_folder, recursive: true);
        return ValueTask.CompletedTask;
    }

    private static JsonElement? OfBody(string text)
    {
        using var json = JsonDocument.Parse(text);
        // A failure costs nothing.
        return json.RootElement.GetProperty("status").GetInt32() == 200 ? Find(json.RootElement.GetProperty("body"))?.Clone() ?? default(JsonElement) : null;
    }

    private static JsonElement? OfStream(string text)
    {
        JsonElement? last = null;
        foreach (var line in text.Split('\n').Where(line => line.StartsWith("data: {", StringComparison.Ordinal)))
        {
            using var json = JsonDocument.Parse(line[6..]);
            last = Find(json.RootElement)?.Clone() ?? last;
        }

        return last ?? default(JsonElement);
    }

    private static JsonElement? Find(JsonElement json)
    {
        if (json.ValueKind != JsonValueKind.Object) return null;
        foreach (var name in (string[])["usage", "usageMetadata"])
            if (json.TryGetProperty(name, out var usage) && usage.ValueKind == JsonValueKind.Object) return usage;
        return json.TryGetProperty("response", out var response) ? Find(response) : null;
    }

    private static int FreePort()
    {
        using var probe = new TcpListener(IPAddress.Loopback, 0);
        probe.Start();
        return ((IPEndPoint)probe.LocalEndpoint).Port;
    }

    private async Task<bool> AnswersAsync()
    {
        using var http = new HttpClient { BaseAddress = Root };
        for (var tries = 0; tries < 300 && !_process.HasExited; tries++)
        {
            try
            {
                using var response = await http.GetAsync(new Uri("/v1/models", UriKind.Relative), GatewayHost.Cancellation);
                return response.IsSuccessStatusCode;
            }
            catch (HttpRequestException)
            {
                await Task.Delay(50, GatewayHost.Cancellation);
            }
        }

        return false;
    }
}
