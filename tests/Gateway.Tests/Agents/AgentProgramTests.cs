using System.Text.Json;
using System.Text.RegularExpressions;
using Espalier.Contracts.Datasets;
using Espalier.Contracts.Runs;
using Espalier.Contracts.Shared;
using Espalier.Contracts.Traces;
using Espalier.Core.Runs;
using Espalier.Gateway.Keys;
using Espalier.Gateway.Tests.Fakes;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.Extensions.DependencyInjection;

namespace Espalier.Gateway.Tests.Agents;

/// <summary>Programs of the vendors' own SDKs do their work through the gateway, told of it by variables of the environment alone.</summary>
public sealed partial class AgentProgramTests
{
    private const string Task = "The total for 3 widgets is 37.5.";
    private const string Gpt = "gpt-4.1-mini";
    private const string Claude = "claude-sonnet-4-5";
    private const string Flash = "gemini-2.5-flash";

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
        var ran = await RunAsync(program, mode, null, answer);
        ran.Usages.Count.ShouldBe(calls);
        ran.Cost.ShouldBe(AgentTrace.Check(ran.Context, ran.Spans, model, ran.Usages, ran.Ledger));
        if (calls == 3) AgentTrace.CheckTask(ran.Spans, answer);
        else ran.Spans.Where(span => span.Kind == SpanKind.Model).ShouldAllBe(span => span.Input!.Length > 2);
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
        var ran = await RunAsync(program, mode, model, Task);
        ran.Usages.Count.ShouldBe(3);
        ran.Cost.ShouldBe(AgentTrace.Check(ran.Context, ran.Spans, model, ran.Usages, ran.Ledger));
        AgentTrace.CheckTask(ran.Spans, Task);
    }

    [Theory]
    [InlineData("openai-sdk-node", "chat-stream", Gpt)]
    [InlineData("openai-agents-node", "responses-stream", Gpt)]
    [InlineData("anthropic-sdk-node", "messages", Claude)]
    [InlineData("google-adk-node", "genai-stream", Flash)]
    [InlineData("plain-python", "anthropic", Claude)]
    [InlineData("dotnet", "openai-chat", Gpt)]
    public async Task Run_ByVirtualKey_EachCallIsATraceAndTheKeysLineHasTheBill(string program, string mode, string model)
    {
        var ran = await RunAsync(program, mode, null, Task, byKey: true);
        ran.Usages.Count.ShouldBe(3);
        var roots = ran.Spans.Where(span => span.ParentId is null).ToList();
        roots.Select(root => root.TraceId).Distinct().Count().ShouldBe(3);
        roots.ShouldBe(ran.Spans.Where(span => span.Kind == SpanKind.Model), ignoreOrder: true);
        ran.Spans.ShouldAllBe(span => span.Agent == "shop" && span.Version == null && span.Purpose == Purpose.Production);
        ran.Cost.ShouldBe(AgentTrace.Check(null, ran.Spans, model, ran.Usages, ran.Ledger));
        AgentTrace.CheckTask(ran.Spans, Task);
    }

    [Theory]
    [InlineData("adk", Gpt)]
    [InlineData("adk-stream", Claude)]
    public async Task Run_SlotWithANameThatTheFrameworkKnows_IsAnsweredByAnyVendor(string mode, string model)
    {
        // This framework looks at the name of a model before it asks for it.
        var ran = await RunAsync("google-adk-node", mode, "gemini-shop", Task, files: ("models.yaml", $"slots: {{ gemini-shop: {{ model: {model} }} }}"));
        ran.Spans.ShouldAllBe(span => span.ModelRequested == "gemini-shop");
        ran.Cost.ShouldBe(AgentTrace.Check(ran.Context, ran.Spans, model, ran.Usages, ran.Ledger));
        AgentTrace.CheckTask(ran.Spans, Task);
    }

    [Theory]
    [InlineData("openai-sdk-node", "chat-stream", Gpt, ".f429x1")]
    [InlineData("anthropic-sdk-node", "messages", Claude, ".f529x2")]
    [InlineData("google-adk-node", "genai", Flash, ".f500x2")]
    public async Task Run_ProviderFailsAtFirst_TheGatewayTriesAgainAndOnlyAnswersAreBilled(string program, string mode, string model, string fault)
    {
        var ran = await RunAsync(program, mode, null, Task, fault);
        ran.Usages.Count(usage => usage is null).ShouldBe(fault[^1] - '0', "so often the server failed");
        ran.Spans.Count(span => span.Kind == SpanKind.Attempt && span.Role == AttemptRole.Retry).ShouldBe(fault[^1] - '0');
        ran.Cost.ShouldBe(AgentTrace.Check(ran.Context, ran.Spans, model, ran.Usages, ran.Ledger));
        AgentTrace.CheckTask(ran.Spans, Task);
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
        var embedded = await RunAsync("google-adk-node", "embed", null, "8");
        var attempt = embedded.Spans.Single(span => span.Kind == SpanKind.Attempt);
        attempt.Attributes["usage"].ShouldBe("estimated");
        attempt.Cost.ShouldBe(embedded.Cost);
    }

    [Fact]
    public void Programs_EveryOneAndEachOfItsModes_IsRunByATest()
    {
        var run = typeof(AgentProgramTests).GetMethods().SelectMany(method => method.GetCustomAttributes(inherit: false).OfType<InlineDataAttribute>())
            .Select(data => $"{data.Data[0]} {data.Data[1]}").Append("anthropic-sdk-node count").Append("google-adk-node embed").ToHashSet();
        var there = new HashSet<string>();
        foreach (var folder in Directory.GetDirectories(SharedFiles.Require("agents")).Where(folder => Path.GetFileName(folder) != "fake-model-server"))
        {
            var modes = File.ReadAllLines(Path.Combine(folder, "README.md")).Single(line => line.StartsWith("Modes: ", StringComparison.Ordinal))["Modes: ".Length..];
            foreach (var mode in Remarks().Replace(modes, "").Split(',', StringSplitOptions.TrimEntries)) there.Add($"{Path.GetFileName(folder)} {mode}");
        }

        there.ShouldNotBeEmpty();
        there.Except(run).ShouldBeEmpty("programs and modes that no test runs");
    }

    [GeneratedRegex(@"\([^)]*\)")]
    private static partial Regex Remarks();

    private static async Task<Ran> RunAsync(
        string program, string mode, string? model, string answer, string fault = "", bool byKey = false, Action<WebApplicationBuilder>? adjust = null, params (string Path, string Text)[] files)
    {
        var agent = await AgentProgram.InstallAsync(program);
        await using var models = await ShopModels.StartAsync();
        await using var host = await GatewayHost.StartWithAsync(adjust ?? (_ => { }), Configure, files);
        var context = GatewayHost.Context() with { Case = new CaseId("case_1"), Session = "session_7", Conversation = "talk", User = "somebody" };
        var created = byKey ? await host.Services.GetRequiredService<KeyService>().CreateAsync(
            new CreateKey { Name = "shop", Scopes = [KeyScope.Call], Budget = Usd.FromDollars(1) }, "test", GatewayHost.Cancellation) : null;
        var token = created?.Secret ?? host.Begin(context);
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
        return new Ran(context, await host.SpansAsync(), models.Usages(), await CostAsync(), host.Ledger.Settled);

        async Task<Usd?> CostAsync()
        {
            if (created is not null)
            {
                var line = (await host.Ledger.ReadAsync(BudgetLines.Key(created.Key.Id), GatewayHost.Cancellation))!;
                line.Reserved.ShouldBe(Usd.Zero);
                return line.Spent;
            }

            var measure = await host.EndAsync(token);
            (measure.Refusal, measure.ProviderError).ShouldBe((null, null));
            return measure.Usage.Cost;
        }

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

    private sealed record Ran(RunContext Context, IReadOnlyList<Span> Spans, IReadOnlyList<JsonElement?> Usages, Usd? Cost, IReadOnlyDictionary<string, Usd> Ledger);
}
