using System.ClientModel;
using System.ClientModel.Primitives;
using System.Net.Http.Headers;
using System.Text;
using System.Text.Json;
using Espalier.Contracts.Agents;
using Espalier.Contracts.Runs;
using Espalier.Contracts.Shared;
using Espalier.Contracts.Traces;
using Espalier.Core.Agents;
using Espalier.Core.Datasets;
using Espalier.Core.Runs;
using Espalier.Core.Traces;
using Espalier.Gateway.Accounting;
using Espalier.Testing.Fakes;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.Extensions.DependencyInjection;
using OpenAI;
using OpenAI.Chat;

namespace Espalier.Gateway.Tests.Fakes;

/// <summary>The gateway on a real web server on loopback, with everything around it in memory.</summary>
internal sealed class GatewayHost : IAsyncDisposable
{
    public const string Agent = "support-triage";

    public static readonly VersionId Version = new("1111111111111111111111111111111111111111");

    private static int _traces;

    private readonly WebApplication _app;

    private GatewayHost(WebApplication app)
    {
        _app = app;
        Http = new HttpClient { BaseAddress = new Uri(app.Urls.First()) };
    }

    public static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    public required FakeAgentRepository Repository { get; init; }

    public required FakeMemory Memory { get; init; }

    public required RecordingTraceStore Store { get; init; }

    public required InMemoryLedger Ledger { get; init; }

    public required InMemoryDeferredBills Deferred { get; init; }

    public HttpClient Http { get; }

    public IServiceProvider Services => _app.Services;

    public IRunTokens Tokens => Services.GetRequiredService<IRunTokens>();

    public static Task<GatewayHost> StartAsync(Action<GatewayOptions>? configure = null, params (string Path, string Text)[] files) => StartWithAsync(_ => { }, configure, files);

    /// <summary>With other services, such as a clock, in the place of the usual ones.</summary>
    public static Task<GatewayHost> StartWithAsync(Action<WebApplicationBuilder> adjust, Action<GatewayOptions>? configure = null, params (string Path, string Text)[] files) =>
        StartWithAsync(adjust, null, null, configure, files);

    /// <summary>With the ledger and the deferred bills that an earlier host left.</summary>
    public static async Task<GatewayHost> StartWithAsync(
        Action<WebApplicationBuilder> adjust, InMemoryLedger? ledger, InMemoryDeferredBills? deferred, Action<GatewayOptions>? configure = null, params (string Path, string Text)[] files)
    {
        var (repository, memory, store) = (new FakeAgentRepository(), new FakeMemory(), new RecordingTraceStore());
        ledger ??= new InMemoryLedger(TimeProvider.System);
        deferred ??= new InMemoryDeferredBills();
        repository.Put(Version, files);
        await ledger.OpenAsync(new BudgetId("production"), null, Cancellation);
        var builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions());
        builder.WebHost.UseKestrelCore().UseUrls("http://127.0.0.1:0");
        builder.Services.AddRoutingCore().AddLogging();
        builder.Services.AddSingleton<IAgentRepository>(repository).AddSingleton<IMemorySource>(memory)
            .AddSingleton<ITraceWriter>(store).AddSingleton<ILedger>(ledger).AddSingleton<IKeyStore, InMemoryKeyStore>().AddSingleton<IApprovalStore, InMemoryApprovalStore>().AddSingleton<ICallSiteStore, InMemoryCallSiteStore>().AddSingleton<IDeferredBills>(deferred).AddSingleton<IToolStore, InMemoryToolStore>();
        adjust(builder);
        builder.Services.AddGateway(configure);
        var app = builder.Build();
        app.UseRouting();
        app.MapGateway();
        await app.StartAsync(Cancellation);
        return new GatewayHost(app) { Repository = repository, Memory = memory, Store = store, Ledger = ledger, Deferred = deferred };
    }

    public static RunContext Context(Usd? limit = null, string budget = "production", string? excludedGroup = null, VersionId? version = null) => new()
    {
        Agent = Agent,
        Version = version ?? Version,
        TraceId = new TraceId($"{Interlocked.Increment(ref _traces):x32}"),
        ParentSpan = new SpanId("00000000000000aa"),
        Purpose = Purpose.Evaluation,
        Budget = new BudgetId(budget),
        RunLimit = limit ?? Usd.FromDollars(1),
        ExcludedGroup = excludedGroup,
    };

    public string Begin(RunContext? context = null)
    {
        var token = Tokens.Issue();
        Tokens.Bind(token, context ?? Context());
        return token;
    }

    public Task<RunMeasure> EndAsync(string token) => Tokens.UnbindAsync(token, Cancellation);

    public async Task<Answer> PostAsync(string token, string body)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, "/v1/chat/completions") { Content = new StringContent(body, Encoding.UTF8, "application/json") };
        request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", token);
        using var response = await Http.SendAsync(request, Cancellation);
        return new Answer((int)response.StatusCode, await response.Content.ReadAsStringAsync(Cancellation), response.Content.Headers.ContentType?.MediaType);
    }

    /// <summary>Sends bytes to any path, the token where the vendor's SDK puts it.</summary>
    public async Task<Answer> PostAsync(string path, string token, string body, string header = "x-api-key", params (string Name, string Value)[] headers)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, path) { Content = new StringContent(body, Encoding.UTF8, "application/json") };
        request.Headers.TryAddWithoutValidation(header, header == "authorization" ? $"Bearer {token}" : token);
        foreach (var (name, value) in headers) request.Headers.TryAddWithoutValidation(name, value);
        using var response = await Http.SendAsync(request, Cancellation);
        return new Answer((int)response.StatusCode, await response.Content.ReadAsStringAsync(Cancellation), response.Content.Headers.ContentType?.MediaType)
        {
            Headers = response.Headers.ToDictionary(one => one.Key.ToLowerInvariant(), one => string.Join(',', one.Value)),
        };
    }

    /// <summary>All vendors at one scripted server.</summary>
    public static Task<GatewayHost> StartAsync(FakeModelServer server, Action<GatewayOptions>? configure = null, params (string Path, string Text)[] files) =>
        StartAsync(server, TimeProvider.System, configure, files);

    /// <summary>All vendors at one scripted server, by another clock.</summary>
    public static Task<GatewayHost> StartAsync(FakeModelServer server, TimeProvider time, Action<GatewayOptions>? configure = null, params (string Path, string Text)[] files) => StartWithAsync(
        builder => builder.Services.AddSingleton(time),
        options =>
        {
            (options.OpenAi.BaseUrl, options.OpenAi.ApiKey) = (server.BaseUrl, "sk-openai");
            (options.Anthropic.BaseUrl, options.Anthropic.ApiKey) = (server.Root, "sk-anthropic");
            (options.Gemini.BaseUrl, options.Gemini.ApiKey) = (server.Root, "key-gemini");
            (options.Azure.BaseUrl, options.Azure.ApiKey) = (server.Root, "key-azure");
            options.MaxRetries = 0;
            configure?.Invoke(options);
        },
        files);

    /// <summary>A run that may spend what it likes, so that unknown prices are no reason to refuse.</summary>
    public string BeginUnlimited() => Begin(Context(new Usd(long.MaxValue)));

    /// <summary>All spans so far, stored.</summary>
    public async Task<IReadOnlyList<Span>> SpansAsync()
    {
        await Services.GetRequiredService<ISpanSink>().FlushAsync(Cancellation);
        return Store.Spans;
    }

    /// <summary>OpenAI's own client for .NET, as an agent would use it.</summary>
    public ChatClient Client(string token, string model)
    {
        var options = new OpenAIClientOptions { Endpoint = new Uri(Http.BaseAddress!, "/v1"), RetryPolicy = new ClientRetryPolicy(0) };
        return new ChatClient(model, new ApiKeyCredential(token), options);
    }

    public async ValueTask DisposeAsync()
    {
        Http.Dispose();
        await _app.StopAsync(CancellationToken.None);
        await _app.DisposeAsync();
    }
}

internal sealed record Answer(int Status, string Body, string? ContentType)
{
    public IReadOnlyDictionary<string, string> Headers { get; init; } = new Dictionary<string, string>();

    public JsonElement Json => JsonDocument.Parse(Body).RootElement;

    public JsonElement Error => Json.GetProperty("error");

    public string Content => Json.GetProperty("choices")[0].GetProperty("message").GetProperty("content").GetString()!;
}
