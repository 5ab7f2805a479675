using System.Collections.Concurrent;
using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using Espalier.Contracts;
using Espalier.Contracts.Agents;
using Espalier.Contracts.Datasets;
using Espalier.Contracts.Frontiers;
using Espalier.Contracts.Judging;
using Espalier.Contracts.Releases;
using Espalier.Contracts.Runs;
using Espalier.Contracts.Search;
using Espalier.Contracts.Shared;
using Espalier.Contracts.Traces;
using Espalier.Testing;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.Logging;

namespace Espalier.Cli.Tests.Fakes;

/// <summary>REST on a real loopback port, answering from memory: what the command line sees of a server, with nothing behind it.</summary>
internal sealed class FakeServer : IAsyncDisposable
{
    public const string Sha = "1a2b3c4d5e6f708192a3b4c5d6e7f80912345678";

    private readonly WebApplication _app;

    private FakeServer(WebApplication app) => _app = app;

    public Uri Url => new(_app.Urls.First());

    /// <summary>Method and path of every request, in order.</summary>
    public ConcurrentQueue<string> Requests { get; } = [];

    public ConcurrentQueue<FeedbackSignal> Feedback { get; } = [];

    public ConcurrentQueue<InvokeRequest> Invoked { get; } = [];

    public ConcurrentQueue<string> Keys { get; } = [];

    /// <summary>What the agent answers to an input.</summary>
    public Func<string, InvokeAnswer> Answer { get; set; } = input => FakeData.Answer(input.Contains("parcel", StringComparison.Ordinal) ? "order_status" : "return_item");

    public List<AgentSummary> Agents { get; } = [FakeData.Agent("support-triage")];

    public List<SessionSummary> Sessions { get; } = [FakeData.Session(SessionState.Completed)];

    public FrontierReport Report { get; set; } = SampleReport.Create();

    public string Version { get; set; } = "0.1.0";

    /// <summary>When set, every REST call is answered with it.</summary>
    public Problem? Refusal { get; set; }

    /// <summary>When set, the server is not ready for this reason.</summary>
    public Problem? Trouble { get; set; }

    /// <summary>Called when somebody asks the server to end.</summary>
    public Action Shutdown { get; set; } = () => { };

    /// <summary>How often the watch stream breaks off before it tells its end.</summary>
    public int WatchBreaks { get; set; }

    /// <summary>True keeps the newest session running until it is stopped.</summary>
    public bool KeepsRunning { get; set; }

    public static async Task<FakeServer> StartAsync()
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseUrls("http://127.0.0.1:0");
        var app = builder.Build();
        var server = new FakeServer(app);
        app.Use(server.RecordAsync);
        server.Map(app);
        await app.StartAsync(TestContext.Current.CancellationToken);
        return server;
    }

    public async ValueTask DisposeAsync()
    {
        using var limit = new CancellationTokenSource(TimeSpan.FromSeconds(2));
        await _app.StopAsync(limit.Token);
        await _app.DisposeAsync();
    }

    private static async Task WriteAsync<T>(HttpContext context, T value, JsonTypeInfo<T> type, int status = 200)
    {
        context.Response.StatusCode = status;
        await context.Response.WriteAsJsonAsync(value, type, contentType: null, context.RequestAborted);
    }

    private static async Task<T> ReadAsync<T>(HttpContext context, JsonTypeInfo<T> type) =>
        (await JsonSerializer.DeserializeAsync(context.Request.Body, type, context.RequestAborted))!;

    private async Task RecordAsync(HttpContext context, RequestDelegate next)
    {
        Requests.Enqueue($"{context.Request.Method} {context.Request.Path}{context.Request.QueryString}");
        Keys.Enqueue(context.Request.Headers.Authorization.ToString());
        if (Refusal is { } problem && context.Request.Path.StartsWithSegments("/api", StringComparison.Ordinal))
        {
            await WriteAsync(context, problem, ContractsJson.Default.Problem, problem.Status);
            return;
        }

        await next(context);
    }

    private void Map(WebApplication app)
    {
        app.Map("/version", (RequestDelegate)(context => context.Response.WriteAsync(Version, context.RequestAborted)));
        app.Map("/readyz", (RequestDelegate)(context => Trouble is { } trouble
            ? WriteAsync(context, trouble, ContractsJson.Default.Problem, trouble.Status)
            : context.Response.WriteAsync("ready", context.RequestAborted)));
        Post(app, "/api/v1/shutdown", context =>
        {
            Shutdown();
            return Task.CompletedTask;
        });
        Post(app, "/api/v1/doctor", context => WriteAsync(context, FakeData.Doctor, ContractsJson.Default.DoctorReport));
        MapAgents(app);
        MapTraces(app);
        MapDatasets(app);
        MapSessions(app);
        MapReleases(app);
    }

    private static void Get(IEndpointRouteBuilder app, string path, RequestDelegate answer) => app.MapGet(path, answer);

    private static void Post(IEndpointRouteBuilder app, string path, RequestDelegate answer) => app.MapPost(path, answer);

    private static string Route(HttpContext context, string name) => (string)context.Request.RouteValues[name]!;

    private void MapAgents(WebApplication app)
    {
        Get(app, "/api/v1/agents", context => WriteAsync(context, new Page<AgentSummary> { Items = Agents }, ContractsJson.Default.PageAgentSummary));
        Post(app, "/api/v1/agents", context => WriteAsync(context, Agents[0], ContractsJson.Default.AgentSummary, 201));
        Get(app, "/api/v1/agents/{agent}/versions/{revision}/diff", context => WriteAsync(
            context, new VersionDiff(new VersionId(Sha), new VersionId(Sha), "--- a\n+++ b\n@@ -1 +1 @@\n-old\n+new\n"), ContractsJson.Default.VersionDiff));
        Post(app, "/agents/{agent}/invoke", async context =>
        {
            var request = await ReadAsync(context, ContractsJson.Default.InvokeRequest);
            Invoked.Enqueue(request);
            await WriteAsync(context, Answer(request.Input), ContractsJson.Default.InvokeAnswer);
        });
    }

    private void MapTraces(WebApplication app)
    {
        Get(app, "/api/v1/traces", context => WriteAsync(context, new Page<TraceSummary> { Items = [FakeData.Trace.Summary] }, ContractsJson.Default.PageTraceSummary));
        Get(app, "/api/v1/traces/totals", context => WriteAsync(
            context, new TraceTotals { Traces = 10, Observed = 10, Attempts = 10, Errors = 0, Cost = new Usd(400_000), UnpricedCalls = 0 }, ContractsJson.Default.TraceTotals));
        Get(app, "/api/v1/traces/{id}", context => WriteAsync(context, FakeData.Trace, ContractsJson.Default.Trace));
        Post(app, "/api/v1/feedback", async context =>
        {
            var batch = await ReadAsync(context, ContractsJson.Default.FeedbackBatch);
            foreach (var item in batch.Items) Feedback.Enqueue(item);
            await WriteAsync(context, new FeedbackReceipt(batch.Items.Count), ContractsJson.Default.FeedbackReceipt);
        });
        Get(app, "/api/v1/audit", context => WriteAsync(
            context,
            new Page<AuditEntry> { Items = [new AuditEntry(1, DateTimeOffset.UnixEpoch, new AuditAct("local", "release.approved", "rel_1", "{}"), "", "ab")] },
            ContractsJson.Default.PageAuditEntry));
        Get(app, "/api/v1/approvals", context => WriteAsync(
            context, new Page<ToolApproval> { Items = [FakeData.Approval(ApprovalState.Pending)] }, ContractsJson.Default.PageToolApproval));
        foreach (var (verb, state) in new[] { ("approve", ApprovalState.Approved), ("deny", ApprovalState.Denied) })
            app.MapPost($"/api/v1/approvals/appr_1/{verb}", (RequestDelegate)(context => WriteAsync(context, FakeData.Approval(state), ContractsJson.Default.ToolApproval)));
        Get(app, "/api/v1/agents/{agent}/call-sites", context => WriteAsync(
            context, new Page<AgentCallSite> { Items = [FakeData.CallSite((string)context.Request.RouteValues["agent"]!)] }, ContractsJson.Default.PageAgentCallSite));
        Get(app, "/api/v1/audit/verify", context => WriteAsync(context, new AuditCheck(true, null), ContractsJson.Default.AuditCheck));
    }

    private static void MapDatasets(WebApplication app)
    {
        Get(app, "/api/v1/datasets", context => WriteAsync(context, new Page<DatasetRevision> { Items = [FakeData.Revision] }, ContractsJson.Default.PageDatasetRevision));
        Get(app, "/api/v1/datasets/{name}", context => Route(context, "name") is "traffic" or "rev_1"
            ? WriteAsync(context, FakeData.Revision, ContractsJson.Default.DatasetRevision)
            : WriteAsync(context, FakeData.Problem(404, "dataset-not-found"), ContractsJson.Default.Problem, 404));
        Get(app, "/api/v1/datasets/{name}/cases", context => WriteAsync(context, new Page<Contracts.Datasets.Case> { Items = [FakeData.Case] }, ContractsJson.Default.PageCase));
        Post(app, "/api/v1/datasets/build", context => WriteAsync(context, FakeData.Revision, ContractsJson.Default.DatasetRevision));
        Post(app, "/api/v1/datasets/import", async context =>
        {
            var request = await ReadAsync(context, ContractsJson.Default.ImportDatasetRequest);
            await WriteAsync(context, FakeData.Revision with { Dataset = request.Dataset, Search = request.Cases.Count }, ContractsJson.Default.DatasetRevision);
        });
        Post(app, "/api/v1/judging/evaluations", context => WriteAsync(context, FakeData.Evaluation, ContractsJson.Default.Evaluation));
    }

    private void MapSessions(WebApplication app)
    {
        Get(app, "/api/v1/sessions", context => WriteAsync(context, new Page<SessionSummary> { Items = Sessions }, ContractsJson.Default.PageSessionSummary));
        Post(app, "/api/v1/sessions", context =>
        {
            if (KeepsRunning) Sessions[0] = FakeData.Session(SessionState.Running);
            return WriteAsync(context, Sessions[0] with { State = SessionState.Running }, ContractsJson.Default.SessionSummary, 202);
        });
        Get(app, "/api/v1/sessions/{id}", context => WriteAsync(context, Sessions[0], ContractsJson.Default.SessionSummary));
        Post(app, "/api/v1/sessions/{id}/resume", context => WriteAsync(context, Sessions[0], ContractsJson.Default.SessionSummary));
        Post(app, "/api/v1/sessions/{id}/stop", context =>
        {
            Sessions[0] = FakeData.Session(SessionState.Interrupted);
            return WriteAsync(context, Sessions[0], ContractsJson.Default.SessionSummary);
        });
        Get(app, "/api/v1/sessions/{id}/log", context => WriteAsync(
            context, new Page<StoredSessionEvent> { Items = [FakeData.Event(1), FakeData.Event(2)] }, ContractsJson.Default.PageStoredSessionEvent));
        Get(app, "/api/v1/sessions/{id}/watch", WatchAsync);
        Get(app, "/api/v1/sessions/{id}/frontier", context => WriteAsync(context, Report, ContractsJson.Default.FrontierReport));
        Get(app, "/api/v1/sessions/{id}/frontier/report.html", context => context.Response.WriteAsync("<html></html>", context.RequestAborted));
        Get(app, "/api/v1/sessions/{id}/frontier/plot.svg", context => context.Response.WriteAsync("<svg/>", context.RequestAborted));
    }

    private async Task WatchAsync(HttpContext context)
    {
        context.Response.ContentType = "text/event-stream";
        var after = int.Parse(context.Request.Query["after"].FirstOrDefault() ?? "0", System.Globalization.CultureInfo.InvariantCulture);
        await SendAsync(context, "summary", JsonSerializer.Serialize(FakeData.Session(SessionState.Running), ContractsJson.Default.SessionSummary));
        for (var sequence = after + 1; sequence <= 3; sequence++)
        {
            await SendAsync(context, "log", JsonSerializer.Serialize(FakeData.Event(sequence), ContractsJson.Default.StoredSessionEvent));
            if (WatchBreaks <= 0) continue;
            WatchBreaks--;
            context.Abort();
            return;
        }

        if (KeepsRunning)
        {
            var stopped = new TaskCompletionSource();
            await using var registration = context.RequestAborted.Register(stopped.SetResult);
            await stopped.Task;
            return;
        }

        await SendAsync(context, "summary", JsonSerializer.Serialize(Sessions[0], ContractsJson.Default.SessionSummary));
    }

    private static async Task SendAsync(HttpContext context, string name, string data)
    {
        await context.Response.WriteAsync($"event: {name}\ndata: {data}\n\n", context.RequestAborted);
        await context.Response.Body.FlushAsync(context.RequestAborted);
    }

    private static void MapReleases(WebApplication app)
    {
        Get(app, "/api/v1/releases", context => WriteAsync(
            context, new Page<Release> { Items = [FakeData.Release(ReleaseState.AwaitingApproval)] }, ContractsJson.Default.PageRelease));
        Post(app, "/api/v1/releases", context => WriteAsync(context, FakeData.Release(ReleaseState.AwaitingApproval), ContractsJson.Default.Release, 201));
        Post(app, "/api/v1/releases/{id}/approve", async context =>
        {
            var approval = await ReadAsync(context, ContractsJson.Default.ApproveRelease);
            if (approval.Digest == FakeData.Digest) await WriteAsync(context, FakeData.Release(ReleaseState.Full), ContractsJson.Default.Release);
            else await WriteAsync(context, FakeData.Problem(409, "digest-differs"), ContractsJson.Default.Problem, 409);
        });
        Post(app, "/api/v1/releases/rollback", context => WriteAsync(context, FakeData.Release(ReleaseState.RolledBack), ContractsJson.Default.Release));
    }
}
