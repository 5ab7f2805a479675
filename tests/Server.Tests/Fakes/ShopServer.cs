using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using Espalier.Testing;

namespace Espalier.Server.Tests.Fakes;

/// <summary>The scripted model server that the programs of SDKs were recorded against; it speaks every vendor's format.</summary>
internal sealed class ShopServer : IAsyncDisposable
{
    private readonly Process _process;
    private readonly string _folder;

    private ShopServer(Process process, string folder, Uri root) => (_process, _folder, Root) = (process, folder, root);

    public Uri Root { get; }

    public static async Task<ShopServer> StartAsync()
    {
        var script = Path.Combine(SharedFiles.Require(Path.Combine("agents", "fake-model-server")), "fake_model_server.py");
        for (var tries = 0; ; tries++)
        {
            var folder = Directory.CreateTempSubdirectory("espalier-shop-").FullName;
            var port = FreePort();
            var process = Process.Start(new ProcessStartInfo("python3", [script, "--port", $"{port}", "--capture", folder]) { UseShellExecute = false })!;
            var server = new ShopServer(process, folder, new Uri($"http://127.0.0.1:{port}"));
            if (await server.AnswersAsync()) return server;
            await server.DisposeAsync();
            tries.ShouldBeLessThan(3, "the scripted model server starts");
        }
    }

    public async ValueTask DisposeAsync()
    {
        if (!_process.HasExited) _process.Kill();
        await _process.WaitForExitAsync(CancellationToken.None);
        _process.Dispose();
        Directory.Delete(_folder, recursive: true);
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
                using var response = await http.GetAsync(new Uri("/v1/models", UriKind.Relative), TestContext.Current.CancellationToken);
                return response.IsSuccessStatusCode;
            }
            catch (HttpRequestException)
            {
                await Task.Delay(50, TestContext.Current.CancellationToken);
            }
        }

        return false;
    }
}
