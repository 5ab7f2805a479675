using System.Text.Json;
using Espalier.Contracts.Shared;
using Espalier.Contracts.Traces;
using Espalier.Gateway.Tests.Fakes;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.Extensions.DependencyInjection;

namespace Espalier.Gateway.Tests.Agents;

/// <summary>Programs of the vendors' own SDKs do their work through the gateway, told of it by variables of the environment alone.</summary>
public sealed class AgentProgramTests
{
    private const string Task = "The total for 3 widgets is 37.5.";
    private const string Gpt = "gpt-4.1-mini";
    private const string Claude = "claude-sonnet-4-5";
    private const string Flash = "gemini-2.5-flash";

    // List prices in nano-dollars a token: input, cache read, cache write, output.
    private static readonly Dictionary<string, (long Input, long Read, long Write, long Output)> Prices = new()
    {
        [Gpt] = (400, 100, 400, 1600),
        [Claude] = (3000, 300, 3750, 15000),
        [Flash] = (300, 30, 300, 2500),
        ["text-embedding-3-small"] = (20, 20, 20, 0),
    };

    [Theory]
    [InlineData("openai-sdk-node", "chat", Gpt, Task, 3)]
    [InlineData("openai-sdk-node", "chat-stream", Gpt, Task, 3)]
    [InlineData("openai-sdk-node", "responses", Gpt, Task, 3)]
    [InlineData("openai-sdk-node", "responses-stream", Gpt, Task, 3)]
    [InlineData("openai-sdk-node", "responses-chain", Gpt, Task, 3)]
    [InlineData("openai-sdk-node", "embeddings", "text-embedding-3-small", "8,8", 1)]
    [InlineData("openai-agents-node", "responses", Gpt, Task, 3)]
    [InlineData("openai-agents-node", "responses-stream", Gpt, Task, 3)]
    [InlineData("openai-agents-node", "chat", Gpt, Task, 3)]
    [InlineData("anthropic-sdk-node", "messages", Claude, Task, 3)]
    [InlineData("anthropic-sdk-node", "stream", Claude, Task, 3)]
    [InlineData("anthropic-sdk-node", "runner", Claude, Task, 3)]
    [InlineData("google-adk-node", "adk", Flash, Task, 3)]
    [InlineData("google-adk-node", "adk-stream", Flash, Task, 3)]
    [InlineData("google-adk-node", "genai", Flash, Task, 3)]
    [InlineData("google-adk-node", "genai-stream", Flash, Task, 3)]
    [InlineData("plain-python", "openai", Gpt, Task, 3)]
    [InlineData("plain-python", "openai-stream", Gpt, Task, 3)]
    [InlineData("plain-python", "anthropic", Claude, Task, 3)]
    [InlineData("plain-python", "gemini", Flash, Task, 3)]
    [InlineData("dotnet", "openai-chat", Gpt, Task, 3)]
    [InlineData("dotnet", "openai-chat-stream", Gpt, Task, 3)]
    [InlineData("dotnet", "anthropic-ichatclient", Claude, Task, 3)]
    [InlineData("dotnet", "anthropic-stream", Claude, Task, 3)]
    [InlineData("dotnet", "embeddings", "text-embedding-3-small", "8", 1)]
    public async Task Run_OwnVendor_DoesItsWorkAndTheBillIsExact(string program, string mode, string model, string answer, int calls)
    {
        var (spans, expected, measured) = await RunAsync(program, mode, null, answer);
        var attempts = spans.Where(span => span.Kind == SpanKind.Attempt).ToList();
        attempts.Count.ShouldBe(calls);
        attempts.ShouldAllBe(span => span.Model == model && span.Error == null && !span.Attributes.ContainsKey("usage"));
        spans.Count(span => span.Kind == SpanKind.Model).ShouldBe(calls);
        spans.Where(span => span.Kind == SpanKind.Model).ShouldAllBe(span => span.Input!.Length > 2);
        var cost = expected.Sum(usage => Nano(model, usage!.Value));
        cost.ShouldBeGreaterThan(0);
        attempts.Sum(span => span.Cost!.Value.Nano).ShouldBe(cost);
        measured.ShouldBe(new Usd(cost));
    }

    [Theory]
    [InlineData("openai-sdk-node", "chat", Claude)]
    [InlineData("openai-sdk-node", "chat-stream", Claude)]
    [InlineData("openai-sdk-node", "chat", Flash)]
    [InlineData("openai-sdk-node", "chat-stream", Flash)]
    [InlineData("openai-sdk-node", "responses", Claude)]
    [InlineData("openai-sdk-node", "responses-stream", Flash)]
    [InlineData("openai-agents-node", "responses", Claude)]
    [InlineData("openai-agents-node", "responses-stream", Claude)]
    [InlineData("openai-agents-node", "chat", Flash)]
    [InlineData("anthropic-sdk-node", "messages", Gpt)]
    [InlineData("anthropic-sdk-node", "stream", Gpt)]
    [InlineData("anthropic-sdk-node", "stream", Flash)]
    [InlineData("google-adk-node", "genai-stream", Gpt)]
    [InlineData("dotnet", "anthropic-stream", Gpt)]
    [InlineData("dotnet", "openai-chat-stream", Claude)]
    [InlineData("plain-python", "gemini", Claude)]
    public async Task Run_OtherVendorsModel_DoesItsWorkAndTheBillIsExact(string program, string mode, string model)
    {
        var (spans, expected, measured) = await RunAsync(program, mode, model, Task);
        var attempts = spans.Where(span => span.Kind == SpanKind.Attempt).ToList();
        attempts.ShouldAllBe(span => span.Model == model && span.Error == null);
        measured.ShouldBe(new Usd(expected.Sum(usage => Nano(model, usage!.Value))));
    }

    [Theory]
    [InlineData("adk", Gpt)]
    [InlineData("adk-stream", Claude)]
    public async Task Run_SlotWithANameThatTheFrameworkKnows_IsAnsweredByAnyVendor(string mode, string model)
    {
        // This framework looks at the name of a model before it asks for it.
        var (spans, expected, measured) = await RunAsync("google-adk-node", mode, "gemini-shop", Task, files: ("models.yaml", $"slots: {{ gemini-shop: {{ model: {model} }} }}"));
        spans.Where(span => span.Kind == SpanKind.Attempt).ShouldAllBe(span => span.Model == model && span.ModelRequested == "gemini-shop");
        measured.ShouldBe(new Usd(expected.Sum(usage => Nano(model, usage!.Value))));
    }

    [Theory]
    [InlineData("openai-sdk-node", "chat-stream", Gpt, ".f429x1")]
    [InlineData("anthropic-sdk-node", "messages", Claude, ".f529x2")]
    [InlineData("google-adk-node", "genai", Flash, ".f500x2")]
    public async Task Run_ProviderFailsAtFirst_TheGatewayTriesAgainAndOnlyAnswersAreBilled(string program, string mode, string model, string fault)
    {
        var (spans, expected, measured) = await RunAsync(program, mode, null, Task, fault);
        spans.Count(span => span.Kind == SpanKind.Attempt && span.Role == AttemptRole.Retry).ShouldBeGreaterThan(0);
        measured.ShouldBe(new Usd(expected.Where(usage => usage is not null).Sum(usage => Nano(model, usage!.Value))));
    }

    [Theory]
    [InlineData("openai-sdk-node", "chat-stream")]
    [InlineData("openai-sdk-node", "responses-stream")]
    [InlineData("openai-agents-node", "responses-stream")]
    [InlineData("anthropic-sdk-node", "stream")]
    [InlineData("google-adk-node", "genai-stream")]
    [InlineData("google-adk-node", "adk-stream")]
    [InlineData("plain-python", "openai-stream")]
    [InlineData("dotnet", "openai-chat-stream")]
    [InlineData("dotnet", "anthropic-stream")]
    public async Task Run_StreamsThatEndWithTheirCost_AreReadAsAlways(string program, string mode)
    {
        var asked = new AskForCost();
        await RunAsync(program, mode, null, Task, adjust: builder => builder.Services.AddSingleton<IStartupFilter>(asked));
        asked.Told.ShouldBeGreaterThan(0, "the program's streams had the comment");
    }

    [Fact]
    public async Task Run_CountsAndEmbeddingsWithoutUsage_AreAnsweredAndLabelled()
    {
        (await RunAsync("anthropic-sdk-node", "count", null, "27")).Spans.ShouldBeEmpty("counting is no call of a model");
        var (spans, _, _) = await RunAsync("google-adk-node", "embed", null, "8");
        spans.Single(span => span.Kind == SpanKind.Attempt).Attributes["usage"].ShouldBe("estimated");
    }

    private static async Task<(IReadOnlyList<Span> Spans, IReadOnlyList<JsonElement?> Usages, Usd? Cost)> RunAsync(
        string program, string mode, string? model, string answer, string fault = "", Action<WebApplicationBuilder>? adjust = null, params (string Path, string Text)[] files)
    {
        var agent = await AgentProgram.InstallAsync(program);
        await using var models = await ShopModels.StartAsync();
        await using var host = await GatewayHost.StartWithAsync(adjust ?? (_ => { }), Configure, files);
        var token = host.Begin();
        var gateway = host.Http.BaseAddress!.AbsoluteUri.TrimEnd('/');
        var environment = new Dictionary<string, string>
        {
            ["MODE"] = mode,
            ["OPENAI_BASE_URL"] = $"{gateway}/v1",
            ["OPENAI_API_KEY"] = token,
            ["OPENAI_AGENTS_DISABLE_TRACING"] = "1",
            ["ANTHROPIC_BASE_URL"] = gateway,
            ["ANTHROPIC_API_KEY"] = token,
            ["GOOGLE_GEMINI_BASE_URL"] = gateway,
            ["GEMINI_API_KEY"] = token,
        };
        if (model is not null) environment["AGENT_MODEL"] = model;
        var (code, output, error) = await agent.RunAsync(environment);
        code.ShouldBe(0, $"{output}\n{error}");
        output.TrimEnd().Split('\n')[^1].ShouldBe(answer, error);
        var measure = await host.EndAsync(token);
        (measure.Refusal, measure.ProviderError).ShouldBe((null, null));
        return (await host.SpansAsync(), models.Usages(), measure.Usage.Cost);

        void Configure(GatewayOptions options)
        {
            var key = ShopModels.Key + fault;
            (options.OpenAi.BaseUrl, options.OpenAi.ApiKey) = (new Uri(models.Root, "/v1"), key);
            (options.Anthropic.BaseUrl, options.Anthropic.ApiKey) = (models.Root, key);
            (options.Gemini.BaseUrl, options.Gemini.ApiKey) = (models.Root, key["sk-".Length..]);
            options.MaxRetries = fault.Length > 0 ? 2 : 0;
        }
    }

    /// <summary>Says for every client that it wants to know what a stream cost.</summary>
    private sealed class AskForCost : IStartupFilter
    {
        private int _told;

        public int Told => _told;

        public Action<IApplicationBuilder> Configure(Action<IApplicationBuilder> next) => app =>
        {
            app.Use(async (http, follow) =>
            {
                http.Request.Headers["x-espalier-stream-cost"] = "comment";
                await follow(http);
                if (http.Response.ContentType?.StartsWith("text/event-stream", StringComparison.Ordinal) == true) Interlocked.Increment(ref _told);
            });
            next(app);
        };
    }

    // By each vendor's own words, independently of the gateway's readers.
    private static long Nano(string model, JsonElement usage)
    {
        var price = Prices[model];
        if (model == Claude)
            return (Count("input_tokens") * price.Input) + (Count("cache_read_input_tokens") * price.Read) + (Count("cache_creation_input_tokens") * price.Write) + (Count("output_tokens") * price.Output);
        if (model == Flash) return (Count("promptTokenCount") * price.Input) + (Count("candidatesTokenCount") * price.Output);
        return ((Count("prompt_tokens") + Count("input_tokens")) * price.Input) + ((Count("completion_tokens") + Count("output_tokens")) * price.Output);

        long Count(string name) => usage.TryGetProperty(name, out var count) ? count.GetInt64() : 0;
    }
}
