using System.Collections.Concurrent;
using System.Text;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;

namespace Espalier.Gateway.Tests.Tools;

/// <summary>The outside: a web server on loopback that writes down every request that reaches it.</summary>
internal sealed class OutsideServer : IAsyncDisposable
{
    private readonly WebApplication _app;

    private OutsideServer(WebApplication app) => _app = app;

    public Uri Url => new(_app.Urls.First());

    /// <summary>Method, path and query, headers by their lower-case names, body.</summary>
    public ConcurrentQueue<(string Target, IReadOnlyDictionary<string, string> Headers, string Body)> Requests { get; } = new();

    public IEnumerable<string> Targets => Requests.Select(request => request.Target);

    public static async Task<OutsideServer> StartAsync(Func<HttpContext, string, Task> answer)
    {
        var builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions());
        builder.WebHost.UseKestrelCore().UseUrls("http://127.0.0.1:0");
        var server = new OutsideServer(builder.Build());
        server._app.Run(async http =>
        {
            using var reader = new StreamReader(http.Request.Body, Encoding.UTF8);
            var body = await reader.ReadToEndAsync(http.RequestAborted);
            server.Requests.Enqueue((
                $"{http.Request.Method} {http.Request.Path.ToUriComponent()}{http.Request.QueryString}",
                http.Request.Headers.ToDictionary(header => header.Key.ToLowerInvariant(), header => header.Value.ToString()), body));
            await answer(http, body);
        });
        await server._app.StartAsync(ToolShop.Cancellation);
        return server;
    }

    public ValueTask DisposeAsync() => _app.DisposeAsync();
}
