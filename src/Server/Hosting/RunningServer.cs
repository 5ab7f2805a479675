using Espalier.Contracts.Shared;
using Espalier.Server.Traces.Otlp;
using Espalier.Workers;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.Extensions.Options;

namespace Espalier.Server.Hosting;

/// <summary>A server that answers: started, announced in its folder, and gone from there once disposed.</summary>
internal sealed class RunningServer : IAsyncDisposable
{
    private readonly WebApplication _app;

    private RunningServer(WebApplication app, ServerFolder folder)
    {
        _app = app;
        Folder = folder;
        Url = AddressOf(app);
    }

    public ServerFolder Folder { get; }

    public Uri Url { get; }

    public IServiceProvider Services => _app.Services;

    /// <param name="arguments">Folder, address and what else the command line says.</param>
    /// <param name="adjust">The last word on configuration, logging and services, for those who run the server inside their own process.</param>
    /// <param name="cancellationToken">Gives the start up.</param>
    public static async Task<RunningServer> StartAsync(
        ServerArguments arguments, Action<WebApplicationBuilder>? adjust, CancellationToken cancellationToken)
    {
        var folder = new ServerFolder(arguments.Data);
        WebApplication? app = null;
        try
        {
            app = ServerHost.Build(arguments, folder, adjust);
            await app.StartAsync(cancellationToken);
            File.SetUnixFileMode(folder.GatewaySocket, (UnixFileMode)0b110_110_110);
            var server = new RunningServer(app, folder);

            // Only now is the port known when a free one was asked for.
            app.Services.GetRequiredService<IOptions<WorkersOptions>>().Value.GatewayAddress ??= server.Url.ToString();
            folder.Announce(Address(server, app.Services.GetRequiredService<OtlpPorts>(), app.Services.GetRequiredService<ILogger<OtlpPorts>>()));
            return server;
        }
        catch
        {
            if (app is not null) await app.DisposeAsync();
            folder.Dispose();
            throw;
        }
    }

    public Task WaitForShutdownAsync(CancellationToken cancellationToken) => _app.WaitForShutdownAsync(cancellationToken);

    public async ValueTask DisposeAsync()
    {
        try
        {
            await _app.StopAsync(CancellationToken.None);
            await _app.DisposeAsync();
        }
        finally
        {
            Folder.Dispose();
        }
    }

    private static ServerAddress Address(RunningServer server, OtlpPorts otlp, ILogger logger)
    {
        var problems = new List<string>();
        foreach (var port in (OtlpPort[])[otlp.Http, otlp.Grpc])
        {
            if (port.Url is { } url) OtlpLog.Listening(logger, port.Transport, url);
            if (port.Problem is not { } problem) continue;
            OtlpLog.NotListening(logger, port.Transport, problem);
            problems.Add(problem);
        }

        return new ServerAddress
        {
            Url = server.Url,
            ProcessId = Environment.ProcessId,
            Version = ServerHost.Version,
            OtlpHttp = otlp.Http.Url,
            OtlpGrpc = otlp.Grpc.Url,
            OtlpProblem = problems.Count > 0 ? string.Join(' ', problems) : null,
        };
    }

    private static Uri AddressOf(WebApplication app)
    {
        var otlp = app.Services.GetRequiredService<OtlpPorts>();
        return app.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses
            .Where(address => !address.Contains("unix:", StringComparison.Ordinal)).Select(address => new Uri(address)).First(address => !otlp.Has(address.Port));
    }
}
