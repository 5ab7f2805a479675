using System.Net.Http.Headers;
using Espalier.Server.Hosting;
using Espalier.Server.Traces.Otlp;
using Espalier.Storage.ChDb;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace Espalier.Server.Tests.Fakes;

/// <summary>The real server in this process, on a free port and a folder of its own: real SQLite, git, trace store and sandbox.</summary>
public sealed class TrialServer : IAsyncDisposable
{
    private readonly RunningServer _server;
    private readonly bool _ownsFolder;

    private TrialServer(RunningServer server, LogLines log, bool ownsFolder)
    {
        _server = server;
        _ownsFolder = ownsFolder;
        Log = log;
        Anonymous = new HttpClient { BaseAddress = server.Url, Timeout = TimeSpan.FromSeconds(60) };
        Client = new HttpClient { BaseAddress = server.Url, Timeout = TimeSpan.FromSeconds(60) };
        Client.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", Token);
    }

    /// <summary>Sends the token.</summary>
    public HttpClient Client { get; }

    public HttpClient Anonymous { get; }

    public LogLines Log { get; }

    public string Folder => _server.Folder.Path;

    public string Token => _server.Folder.Token;

    public string SocketFolder => _server.Folder.SocketFolder;

    public string GatewaySocket => _server.Folder.GatewaySocket;

    public Uri Url => _server.Url;

    public Uri OtlpHttp => Services.GetRequiredService<OtlpPorts>().Http.Url!;

    public Uri OtlpGrpc => Services.GetRequiredService<OtlpPorts>().Grpc.Url!;

    public IServiceProvider Services => _server.Services;

    public static Task<TrialServer> StartAsync(string? folder = null, Action<WebApplicationBuilder>? adjust = null)
    {
        if (ChDbLibrary.Find(null) is null) Assert.Fail(ChDbLibrary.HowToGet(null));
        return StartBareAsync(folder, adjust);
    }

    public async ValueTask DisposeAsync()
    {
        await _server.DisposeAsync();
        Client.Dispose();
        Anonymous.Dispose();
        if (_ownsFolder) Directory.Delete(Folder, recursive: true);
    }

    private static async Task<TrialServer> StartBareAsync(string? folder, Action<WebApplicationBuilder>? adjust)
    {
        var log = new LogLines();
        var server = await RunningServer.StartAsync(
            new ServerArguments { Data = folder ?? Directory.CreateTempSubdirectory("espalier-data-").FullName, Port = 0 },
            builder =>
            {
                builder.Logging.ClearProviders().AddProvider(log);
                builder.Configuration["Server:Otlp:HttpPort"] = "0";
                builder.Configuration["Server:Otlp:GrpcPort"] = "0";
                adjust?.Invoke(builder);
            },
            CancellationToken.None);
        return new TrialServer(server, log, folder is null);
    }
}
