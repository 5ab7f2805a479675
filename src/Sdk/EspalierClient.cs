using System.Net.Http.Headers;
using Espalier.Sdk.Agents;
using Espalier.Sdk.Datasets;
using Espalier.Sdk.Frontiers;
using Espalier.Sdk.Judging;
using Espalier.Sdk.Releases;
using Espalier.Sdk.Runs;
using Espalier.Sdk.Search;
using Espalier.Sdk.Shared;
using Espalier.Sdk.Traces;

namespace Espalier.Sdk;

/// <summary>The loop as a typed REST client: one group a slice. Thread-safe; one per process is enough.</summary>
/// <remarks>Every call throws <see cref="EspalierException"/> when the server refuses, fails or is not there. There is no time-out of its
/// own beyond connecting, because an evaluation may take minutes: pass a token.</remarks>
public sealed class EspalierClient : IDisposable
{
    private readonly HttpClient _http;

    /// <param name="url">The server's root, such as <c>http://localhost:7420</c>.</param>
    /// <param name="key">Sent as a bearer token; null for a server that asks for none.</param>
    /// <param name="time">Measures pauses between reconnects; null takes the system's clock.</param>
    public EspalierClient(Uri url, string? key = null, TimeProvider? time = null)
    {
        var root = url.AbsoluteUri.EndsWith('/') ? url : new Uri(url.AbsoluteUri + "/");
        var handler = new SocketsHttpHandler
        {
            ConnectTimeout = TimeSpan.FromSeconds(5),
            PooledConnectionLifetime = TimeSpan.FromMinutes(10),
            AutomaticDecompression = System.Net.DecompressionMethods.All,
        };
        _http = new HttpClient(handler) { BaseAddress = root, Timeout = Timeout.InfiniteTimeSpan };
        _http.DefaultRequestHeaders.UserAgent.Add(new ProductInfoHeaderValue("espalier", Version));
        if (key is not null) _http.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", key);

        var caller = new RestCaller(_http);
        Url = root;
        Server = new ServerClient(caller);
        Agents = new AgentsClient(caller);
        Traces = new TracesClient(caller);
        Datasets = new DatasetsClient(caller);
        Judging = new JudgingClient(caller);
        Sessions = new SessionsClient(caller, time ?? TimeProvider.System);
        Frontiers = new FrontiersClient(caller);
        Releases = new ReleasesClient(caller);
        Sandbox = new SandboxClient(caller);
    }

    /// <summary>This client's version, such as <c>0.1.0</c>.</summary>
    public static string Version { get; } = typeof(EspalierClient).Assembly.GetName().Version?.ToString(3) ?? "0.0.0";

    public Uri Url { get; }

    public ServerClient Server { get; }

    public AgentsClient Agents { get; }

    public TracesClient Traces { get; }

    public DatasetsClient Datasets { get; }

    public JudgingClient Judging { get; }

    public SessionsClient Sessions { get; }

    public FrontiersClient Frontiers { get; }

    public ReleasesClient Releases { get; }

    public SandboxClient Sandbox { get; }

    public void Dispose() => _http.Dispose();
}
