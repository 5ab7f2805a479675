using Espalier.Core.Agents;
using Espalier.Core.Datasets;
using Espalier.Core.Releases;
using Espalier.Core.Runs;
using Espalier.Core.Traces;
using Espalier.Gateway.Accounting;
using Espalier.Gateway.Accounting.Batches;
using Espalier.Gateway.Accounting.Batches.Anthropic;
using Espalier.Gateway.Accounting.Batches.Gemini;
using Espalier.Gateway.Accounting.Batches.OpenAi;
using Espalier.Gateway.Accounting.Deferred;
using Espalier.Gateway.Calls;
using Espalier.Gateway.Calls.Affinity;
using Espalier.Gateway.Calls.Caching;
using Espalier.Gateway.Calls.Fallbacks;
using Espalier.Gateway.Ingress;
using Espalier.Gateway.Ingress.Batches;
using Espalier.Gateway.Keys;
using Espalier.Gateway.Policies;
using Espalier.Gateway.Policies.CallSites;
using Espalier.Gateway.Policies.Guardrails;
using Espalier.Gateway.Policies.Guardrails.Approval;
using Espalier.Gateway.Policies.Memory.Retrieval;
using Espalier.Gateway.Pricing;
using Espalier.Gateway.Providers;
using Espalier.Gateway.Providers.Anthropic;
using Espalier.Gateway.Providers.AzureOpenAi;
using Espalier.Gateway.Providers.Compatible;
using Espalier.Gateway.Providers.Gemini;
using Espalier.Gateway.Providers.Local;
using Espalier.Gateway.Providers.OpenAi;
using Espalier.Gateway.Tools;
using Espalier.Gateway.Tools.Mcp;
using Espalier.Gateway.Tools.Rest;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Options;

namespace Espalier.Gateway;

/// <summary>Puts the gateway together. Needs <see cref="ILedger"/>, <see cref="IMemorySource"/>, <see cref="IAgentRepository"/> and
/// <see cref="ITraceWriter"/> from elsewhere.</summary>
public static class GatewayServiceCollectionExtensions
{
    /// <summary>Adds <see cref="IRunTokens"/>, <see cref="ISpanSink"/>, <see cref="PriceTable"/>, <see cref="PolicyCheck"/> and what they need.</summary>
    public static IServiceCollection AddGateway(this IServiceCollection services, Action<GatewayOptions>? configure = null)
    {
        services.TryAddSingleton<IServedVersions, NoServedVersions>();
        services.AddOptions<GatewayOptions>().Configure(options => configure?.Invoke(options)).PostConfigure<IServiceProvider>(ReadEnvironment).ValidateOnStart();
        services.AddSingleton<IValidateOptions<GatewayOptions>, GatewayOptionsValidator>();
        services.TryAddSingleton(TimeProvider.System);
        services.AddSingleton<RunTokens>().AddSingleton<IRunTokens>(provider => provider.GetRequiredService<RunTokens>());
        services.AddSingleton<TraceStoreSpanSink>().AddSingleton<ISpanSink>(provider => provider.GetRequiredService<TraceStoreSpanSink>());
        services.AddHostedService(provider => provider.GetRequiredService<TraceStoreSpanSink>());
        services.AddSingleton(provider => LoadPrices(provider.GetRequiredService<IOptions<GatewayOptions>>().Value));
        services.AddSingleton<IPricing, TablePricing>().AddSingleton<GatewayMeter>();
        services.AddProviders().AddPolicies().AddKeys();
        return services.AddSingleton<AttemptBook>().AddSingleton<AttemptRunner>().AddSingleton<StoredReplies>().AddSingleton<Pins>().AddSingleton<ReplyCache>().AddSingleton<CacheHits>().AddSingleton<CachePolicy>().AddSingleton<FallbackPlans>().AddSingleton<ModelCalls>().AddDeferred().AddIngress().AddTools();
    }

    /// <summary>Maps the paths of OpenAI (<c>/v1/chat/completions</c>, <c>/v1/responses</c>, <c>/v1/embeddings</c>, <c>/v1/models</c>), of Anthropic
    /// (<c>/v1/messages</c> and its counting) and of Google (<c>/v1beta/models/...</c>); files and batches of all three.</summary>
    public static void MapGateway(this IEndpointRouteBuilder endpoints)
    {
        var calls = endpoints.MapGroup("").WithMetadata(new GatewayRoute());
        endpoints.ServiceProvider.GetRequiredService<AnswerEndpoints>().Map(calls);
        endpoints.ServiceProvider.GetRequiredService<GeminiEndpoints>().Map(calls);
        endpoints.ServiceProvider.GetRequiredService<SideEndpoints>().Map(calls);
        endpoints.ServiceProvider.GetRequiredService<BatchEndpoints>().Map(calls);
        endpoints.ServiceProvider.GetRequiredService<ToolEndpoints>().Map(calls);
    }

    private static IServiceCollection AddDeferred(this IServiceCollection services) => services
        .AddSingleton<DeferredAccounts>()
        .AddSingleton<BackgroundResponses>().AddSingleton<IDeferredKind>(provider => provider.GetRequiredService<BackgroundResponses>())
        .AddSingleton<OpenAiBatches>().AddSingleton<IBatchApi>(provider => provider.GetRequiredService<OpenAiBatches>())
        .AddSingleton<AnthropicBatches>().AddSingleton<IBatchApi>(provider => provider.GetRequiredService<AnthropicBatches>())
        .AddSingleton<GeminiBatches>().AddSingleton<IBatchApi>(provider => provider.GetRequiredService<GeminiBatches>())
        .AddSingleton<BatchResults>().AddSingleton<BatchMoney>().AddSingleton<IDeferredKind, ProviderBatches>()
        .AddSingleton<DeferredPoller>().AddHostedService(provider => provider.GetRequiredService<DeferredPoller>());

    private static IServiceCollection AddIngress(this IServiceCollection services) => services
        .AddSingleton<IngressCall>()
        .AddSingleton<AnswerEndpoints>()
        .AddSingleton<SideCalls>()
        .AddSingleton<StoredCalls>()
        .AddSingleton<PassedCalls>().AddSingleton<BatchCalls>().AddSingleton<FileCalls>().AddSingleton<BatchEndpoints>()
        .AddSingleton<GeminiEndpoints>()
        .AddSingleton<SideEndpoints>();

    private static IServiceCollection AddTools(this IServiceCollection services) => services
        .AddSingleton<ToolSecrets>().AddSingleton<ToolHttp>().AddSingleton<ToolTrust>().AddSingleton<ToolContracts>()
        .AddSingleton<ToolDesk>()
        .AddSingleton<McpServers>().AddSingleton<McpSessions>().AddSingleton<McpCalls>().AddSingleton<McpDoor>()
        .AddSingleton<RestDoor>()
        .AddSingleton<ToolEndpoints>()
        .AddSingleton(provider => new ToolDirectory(provider.GetRequiredService<IToolStore>(), provider.GetRequiredService<ToolSecrets>(), provider.GetRequiredService<McpServers>()));

    private static IServiceCollection AddProviders(this IServiceCollection services) => services
        .AddSingleton(provider => new Upstreams(
            provider.GetRequiredService<IOptions<GatewayOptions>>(), provider.GetRequiredService<TimeProvider>(),
            provider.GetRequiredService<IOptions<GatewayOptions>>().Value.KeyFolder is null ? null : provider.GetRequiredService<ProviderKeys>()))
        .AddSingleton(provider => new GatewayState(provider.GetRequiredService<Upstreams>(), provider.GetRequiredService<ModelCatalog>(), provider.GetRequiredService<ReplyCache>(), provider.GetRequiredService<TraceStoreSpanSink>()))
        .AddSingleton<IProvider, LocalProvider>()
        .AddSingleton<IProvider, OpenAiProvider>()
        .AddSingleton<IProvider, AnthropicProvider>()
        .AddSingleton<IProvider, GeminiProvider>()
        .AddSingleton<IProvider, AzureOpenAiProvider>()
        .AddSingleton(provider => new ModelCatalog(
            [.. provider.GetServices<IProvider>(), .. CompatibleProviders.Of(provider.GetRequiredService<IOptions<GatewayOptions>>().Value, provider.GetRequiredService<Upstreams>())]))
        .AddSingleton<IModelCatalog, PricedModels>();

    private static IServiceCollection AddKeys(this IServiceCollection services) => services
        .AddSingleton(provider => new KeyRing(provider.GetRequiredService<IKeyStore>(), provider.GetRequiredService<TimeProvider>()))
        .AddSingleton(provider => new KeyService(
            provider.GetRequiredService<IKeyStore>(), provider.GetRequiredService<ILedger>(), provider.GetRequiredService<KeyRing>(), provider.GetRequiredService<TimeProvider>()))
        .AddSingleton(provider => KeptKeys(provider.GetRequiredService<IOptions<GatewayOptions>>().Value, provider)
            ?? throw new InvalidOperationException($"{nameof(GatewayOptions)}.{nameof(GatewayOptions.KeyFolder)} is not set."))
        .AddSingleton(provider => new WrongKeys(provider.GetRequiredService<IOptions<GatewayOptions>>(), provider.GetRequiredService<TimeProvider>()))
        .AddSingleton<KeyLines>()
        .AddSingleton<KeyCalls>();

    private static IServiceCollection AddPolicies(this IServiceCollection services) => services
        .AddSingleton<CaseIndexes>()
        .AddSingleton<PolicyCompiler>()
        .AddSingleton<CallSiteFinder>()
        .AddSingleton<CallSiteBook>()
        .AddHostedService(provider => provider.GetRequiredService<CallSiteBook>())
        .AddSingleton<ApprovalDesk>()
        .AddSingleton<GuardReader>()
        .AddSingleton<GuardedVersions>()
        .AddSingleton<PolicyCache>()
        .AddSingleton(provider => new PolicyCheck(provider.GetRequiredService<PolicyCompiler>(), provider.GetRequiredService<IAgentRepository>()));

    private static void ReadEnvironment(GatewayOptions options, IServiceProvider provider)
    {
        if (provider.GetService<IConfiguration>() is not { } environment) return;
        ProviderEnvironment.Read(options, environment);
        KeptKeys(options, provider)?.Check();
    }

    private static ProviderKeys? KeptKeys(GatewayOptions options, IServiceProvider provider) => options.KeyFolder is { } folder
        ? new ProviderKeys(folder, name => provider.GetService<IConfiguration>()?[name], provider.GetRequiredService<TimeProvider>()) : null;

    private static PriceTable LoadPrices(GatewayOptions options) =>
        PriceTable.Load(options.PriceFile is { } path ? File.ReadAllText(path) : null);
}
