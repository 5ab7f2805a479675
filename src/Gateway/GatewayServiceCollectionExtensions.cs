using Espalier.Core.Agents;
using Espalier.Core.Datasets;
using Espalier.Core.Runs;
using Espalier.Gateway.Accounting;
using Espalier.Gateway.Calls;
using Espalier.Gateway.Ingress.OpenAiChat;
using Espalier.Gateway.Policies;
using Espalier.Gateway.Policies.Memory.Retrieval;
using Espalier.Gateway.Pricing;
using Espalier.Gateway.Providers;
using Espalier.Gateway.Providers.Local;
using Espalier.Gateway.Providers.OpenAi;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Options;

namespace Espalier.Gateway;

/// <summary>Puts the gateway together. Needs <see cref="ILedger"/>, <see cref="IMemorySource"/>, <see cref="IAgentRepository"/> and
/// <see cref="Core.Traces.ITraceStore"/> from elsewhere.</summary>
public static class GatewayServiceCollectionExtensions
{
    private static readonly Uri OpenAiAddress = new("https://api.openai.com/v1");

    /// <summary>Adds <see cref="IRunTokens"/>, <see cref="ISpanSink"/>, <see cref="PriceTable"/>, <see cref="PolicyCheck"/> and what they need.</summary>
    public static IServiceCollection AddGateway(this IServiceCollection services, Action<GatewayOptions>? configure = null)
    {
        services.AddOptions<GatewayOptions>().Configure(options => configure?.Invoke(options)).PostConfigure<IServiceProvider>(ReadEnvironment).ValidateOnStart();
        services.AddSingleton<IValidateOptions<GatewayOptions>, GatewayOptionsValidator>();
        services.TryAddSingleton(TimeProvider.System);
        services.AddSingleton<RunTokens>().AddSingleton<IRunTokens>(provider => provider.GetRequiredService<RunTokens>());
        services.AddSingleton<TraceStoreSpanSink>().AddSingleton<ISpanSink>(provider => provider.GetRequiredService<TraceStoreSpanSink>());
        services.AddHostedService(provider => provider.GetRequiredService<TraceStoreSpanSink>());
        services.AddSingleton(provider => LoadPrices(provider.GetRequiredService<IOptions<GatewayOptions>>().Value));
        services.AddProviders().AddPolicies();
        return services.AddSingleton<AttemptBook>().AddSingleton<AttemptRunner>().AddSingleton<ChatCalls>().AddSingleton<OpenAiChatEndpoints>();
    }

    /// <summary>Maps <c>POST /v1/chat/completions</c> and <c>GET /v1/models</c>.</summary>
    public static void MapGateway(this IEndpointRouteBuilder endpoints) =>
        endpoints.ServiceProvider.GetRequiredService<OpenAiChatEndpoints>().Map(endpoints);

    private static IServiceCollection AddProviders(this IServiceCollection services) => services
        .AddSingleton<IProvider, LocalProvider>()
        .AddSingleton<IProvider, OpenAiProvider>()
        .AddSingleton<ModelCatalog>()
        .AddSingleton<IModelCatalog, PricedModels>();

    private static void AddPolicies(this IServiceCollection services) => services
        .AddSingleton<CaseIndexes>()
        .AddSingleton<PolicyCompiler>()
        .AddSingleton<PolicyCache>()
        .AddSingleton(provider => new PolicyCheck(provider.GetRequiredService<PolicyCompiler>(), provider.GetRequiredService<IAgentRepository>()));

    // The names that every SDK knows, here for the server's own account; an agent never sees these values.
    private static void ReadEnvironment(GatewayOptions options, IServiceProvider provider)
    {
        if (provider.GetService<IConfiguration>() is not { } environment) return;
        var openAi = options.OpenAi;
        openAi.ApiKey ??= environment["OPENAI_API_KEY"];
        if (Uri.TryCreate(environment["OPENAI_BASE_URL"], UriKind.Absolute, out var url)) openAi.BaseUrl ??= url;
        if (openAi.ApiKey is { Length: > 0 }) openAi.BaseUrl ??= OpenAiAddress;
    }

    private static PriceTable LoadPrices(GatewayOptions options) =>
        PriceTable.Load(options.PriceFile is { } path ? File.ReadAllText(path) : null);
}
