using System.Net.Http.Headers;
using System.Text;
using System.Text.Json;
using Espalier.Contracts.Agents;
using Espalier.Contracts.Shared;
using Espalier.Contracts.Traces;
using Espalier.Core.Agents;
using Espalier.Core.Runs;
using Espalier.Gateway.Tests.Fakes;
using Espalier.Testing.Fakes;
using Microsoft.Extensions.DependencyInjection;
using ModelContextProtocol.Client;

namespace Espalier.Gateway.Tests.Tools;

/// <summary>The gateway before a shop's tools: a real MCP server in a process of its own that writes down what it did outside.</summary>
internal sealed class ToolShop : IAsyncDisposable
{
    public const string Secret = "tok-4f9a2c77e1";

    private static int _shops;

    private readonly string _outside;
    private readonly GatewayHost _gateway;

    private ToolShop(GatewayHost gateway, string outside, IReadOnlyList<ToolContract> tools) => (_gateway, _outside, Tools) = (gateway, outside, tools);

    public static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    public GatewayHost Gateway => _gateway;

    public IReadOnlyList<ToolContract> Tools { get; private set; }

    public InMemoryToolStore Store => (InMemoryToolStore)_gateway.Services.GetRequiredService<IToolStore>();

    public PlainToolProcesses Processes => (PlainToolProcesses)_gateway.Services.GetRequiredService<IToolProcesses>();

    /// <summary>What was done outside so far.</summary>
    public IReadOnlyList<string> Outside => File.Exists(_outside) ? File.ReadAllLines(_outside) : [];

    /// <summary>Calls of tools that went outside.</summary>
    public IReadOnlyList<string> OutsideCalls => [.. Outside.Where(line => line != "started" && !line.StartsWith("refused", StringComparison.Ordinal))];

    /// <param name="more">Lines below the tool server <c>shop</c> in the contract.</param>
    /// <param name="others">Other tool servers, below <c>tools:</c>.</param>
    /// <param name="configure">Limits.</param>
    /// <param name="trust">Whether an operator trusts what is declared.</param>
    public static async Task<ToolShop> StartAsync(string more = "", string others = "", Action<GatewayOptions>? configure = null, bool trust = true)
    {
        var outside = Path.Combine(Path.GetTempPath(), $"espalier-shop-{Environment.ProcessId}-{Interlocked.Increment(ref _shops)}");
        File.Delete(outside);
        var tools = Read(outside, more, others);
        var gateway = await GatewayHost.StartWithAsync(
            builder => builder.Services.AddSingleton<IToolProcesses, PlainToolProcesses>(),
            options =>
            {
                options.Tools.Secrets["SHOP_TOKEN"] = Secret;
                configure?.Invoke(options);
            });
        var shop = new ToolShop(gateway, outside, tools);
        if (trust) await shop.TrustAsync();
        return shop;
    }

    public async Task TrustAsync()
    {
        foreach (var tool in Tools) await Store.TrustAsync(GatewayHost.Agent, tool.Name, ToolFingerprints.Of(tool), "me", Cancellation);
    }

    /// <summary>Another contract for the same shop.</summary>
    public async Task DeclareAsync(string more, string others = "")
    {
        Tools = Read(_outside, more, others);
        await TrustAsync();
    }

    public string BeginProduction(string? trace = null) => _gateway.Begin(Context(Purpose.Production, trace, null));

    /// <summary>An evaluation of the case that was made from a trace.</summary>
    public string BeginEvaluation(string? recorded) => _gateway.Begin(Context(Purpose.Evaluation, null, recorded));

    public RunContext Context(Purpose purpose, string? trace, string? recorded)
    {
        var context = GatewayHost.Context(Usd.FromDollars(1));
        return context with { Purpose = purpose, TraceId = trace is null ? context.TraceId : new TraceId(trace), Recorded = recorded, Tools = Tools };
    }

    /// <summary>The official SDK's client, as an agent would use it.</summary>
    public async Task<McpClient> ConnectAsync(string token, string tool = "shop")
    {
        var transport = new HttpClientTransport(
            new HttpClientTransportOptions
            {
                Endpoint = new Uri(_gateway.Http.BaseAddress!, $"/tools/{tool}/mcp"),
                AdditionalHeaders = new Dictionary<string, string> { ["Authorization"] = $"Bearer {token}" },
                TransportMode = HttpTransportMode.StreamableHttp,
            });
        return await McpClient.CreateAsync(transport, cancellationToken: Cancellation);
    }

    /// <summary>One message as bytes, without a client.</summary>
    public async Task<Answer> PostAsync(string token, string body, string path = "/tools/shop/mcp", params (string Name, string Value)[] headers) =>
        await SendAsync(HttpMethod.Post, token, path, body, headers);

    public async Task<Answer> SendAsync(HttpMethod method, string token, string path, string? body = null, params (string Name, string Value)[] headers)
    {
        using var request = new HttpRequestMessage(method, path);
        if (body is not null) request.Content = new StringContent(body, Encoding.UTF8, "application/json");
        request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", token);
        foreach (var (name, value) in headers) request.Headers.TryAddWithoutValidation(name, value);
        using var response = await _gateway.Http.SendAsync(request, Cancellation);
        return new Answer((int)response.StatusCode, await response.Content.ReadAsStringAsync(Cancellation), response.Content.Headers.ContentType?.MediaType)
        {
            Headers = response.Headers.ToDictionary(one => one.Key.ToLowerInvariant(), one => string.Join(',', one.Value)),
        };
    }

    public Task<Answer> CallAsync(string token, string tool, string arguments = "{}", int id = 1) =>
        PostAsync(token, $$$"""{"jsonrpc":"2.0","id":{{{id}}},"method":"tools/call","params":{"name":"{{{tool}}}","arguments":{{{arguments}}}}}""");

    public static string TextOf(Answer answer) => answer.Json.GetProperty("result").GetProperty("content")[0].GetProperty("text").GetString()!;

    public static bool IsError(Answer answer) => answer.Json.GetProperty("result").TryGetProperty("isError", out var error) && error.ValueKind == JsonValueKind.True;

    public async ValueTask DisposeAsync()
    {
        await _gateway.DisposeAsync();
        File.Delete(_outside);
    }

    private static IReadOnlyList<ToolContract> Read(string outside, string more, string others) => ContractReader.Read($$"""
        agent: {{GatewayHost.Agent}}
        run: { command: python3 agent.py }
        artifacts: { prompt: [prompts/**] }
        judge: { expected: exact }
        tools:
          shop:
            mcp: stdio
            command: python3 {{Path.Combine(AppContext.BaseDirectory, "Tools", "shop_tools.py")}}
            environment: { OUTSIDE: "{{outside}}" }
            secrets: [SHOP_TOKEN]
        {{Indented(more, 4)}}
        {{Indented(others, 2)}}
        """).Tools;

    private static string Indented(string text, int by) => string.Join('\n', text.Split('\n').Select(line => new string(' ', by) + line)).TrimEnd();
}
