using System.Text.Json.Serialization;
using Espalier.Http;
using Espalier.Contracts;
using Espalier.Core.Agents.Edits;
using Espalier.Core.Datasets;
using Espalier.Core.Judging;
using Espalier.Core.Releases;
using Espalier.Core.Runs;
using Espalier.Core.Search;
using Espalier.Core.Traces;
using Espalier.Core.Traces.Imports;
using Espalier.Core.Traces.Redaction;
using Espalier.Gateway;
using Espalier.Gateway.Ingress;
using Espalier.Server.Agents;
using Espalier.Server.Datasets;
using Espalier.Server.Frontiers;
using Espalier.Server.Judging;
using Espalier.Server.OpenApi;
using Espalier.Server.Operations;
using Espalier.Server.Releases;
using Espalier.Server.Runs;
using Espalier.Server.Search;
using Espalier.Server.Traces;
using Espalier.Server.Traces.Otlp;
using Espalier.Storage;
using Espalier.Storage.Git;
using Espalier.Workers;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.AspNetCore.Server.Kestrel.Transport.Sockets;
using Microsoft.Extensions.Options;

namespace Espalier.Server.Hosting;

/// <summary>Composes the product: the only place that knows every part.</summary>
internal static class ServerHost
{
    // The folder of data is the content's root, and a watch on it would wake for every record of the ledger's journal. Settings are read once.
    private const string NoReload = "--hostBuilder:reloadConfigOnChange=false";

    // Exports are a megabyte, calls of models some kilobytes.
    private const int BlockBytes = 64 * 1024;

    public static string Version { get; } = typeof(ServerHost).Assembly.GetName().Version!.ToString(3);

    public static WebApplication Build(ServerArguments arguments, ServerFolder folder, Action<WebApplicationBuilder>? adjust)
    {
        var builder = WebApplication.CreateSlimBuilder(new WebApplicationOptions { ContentRootPath = folder.Path, Args = [NoReload] });
        builder.Configuration.AddEnvironmentVariables("ESPALIER_");
        builder.Configuration[$"{WorkersOptions.Section}:{nameof(WorkersOptions.Sandbox)}"] ??= arguments.Sandbox;
        builder.Logging.AddFilter("Microsoft.AspNetCore", LogLevel.Warning).AddFilter("Microsoft.Hosting", LogLevel.Warning)
            // With this log on, each request makes an activity that nobody listens to; what a handler throws is logged elsewhere.
            .AddFilter("Microsoft.AspNetCore.Hosting.Diagnostics", LogLevel.None);
        builder.Services.AddSingleton<IMemoryPoolFactory<byte>>(new LargeBlocks(BlockBytes));
        builder.WebHost.ConfigureKestrel(kestrel =>
        {
            kestrel.AddServerHeader = false;
            kestrel.Limits.MaxRequestBodySize = 64L << 20;
            // Whoever lets bytes drip holds a connection, and not for long.
            kestrel.Limits.RequestHeadersTimeout = TimeSpan.FromSeconds(15);
            kestrel.Limits.MinRequestBodyDataRate = new MinDataRate(240, TimeSpan.FromSeconds(5));
            kestrel.Listen(arguments.Listen, arguments.Port);
            kestrel.ListenUnixSocket(folder.GatewaySocket);
        });
        AddServices(builder.Services, builder.Configuration, arguments, folder);
        adjust?.Invoke(builder);
        OpenOtlpPorts(builder, arguments);
        var app = builder.Build();
        app.UseMiddleware<Doors>();
        // Calls of models answer for themselves, in their client's format, and often.
        app.UseWhen(context => context.GetEndpoint()?.Metadata.GetMetadata<GatewayRoute>() is null, rest =>
        {
            rest.UseExceptionHandler();
            rest.UseStatusCodePages(context => Problems.DescribeStatusAsync(context.HttpContext));
        });
        app.UseMiddleware<Activity>();
        MapEndpoints(app);
        return app;
    }

    internal static void MapEndpoints(WebApplication app)
    {
        app.MapGateway();
        app.MapOtlp();
        app.MapOpenApi("/openapi/{documentName}.json");
        app.MapHealth();
        var rest = app.MapGroup("/api/v1").TakesUsualBodies();
        rest.MapAgents();
        rest.MapTraces();
        rest.MapDatasets();
        rest.MapJudging();
        rest.MapSearch();
        rest.MapFrontiers();
        rest.MapReleases();
        rest.MapOperations();
        rest.MapKeys();
        rest.MapApprovals();
        rest.MapSandbox();
        rest.MapTools();
        app.MapInvoke();
    }

    // After the last word on configuration, and before the web server, which cannot go on without a port that it was told of.
    private static void OpenOtlpPorts(WebApplicationBuilder builder, ServerArguments arguments)
    {
        var options = new OtlpOptions();
        builder.Configuration.GetSection(OtlpOptions.Section).Bind(options);
        if (new OtlpOptionsValidator().Validate(null, options) is { Failed: true } invalid)
            throw new OptionsValidationException(OtlpOptions.Section, typeof(OtlpOptions), invalid.Failures);
        var ports = OtlpPorts.Open(options, arguments.Listen, arguments.Port);
        builder.Services.AddSingleton(options).AddSingleton(_ => ports);
        builder.Services.Configure<SocketTransportOptions>(sockets => sockets.CreateBoundListenSocket = ports.Take);
        builder.Services.Configure<KestrelServerOptions>(ports.Configure);
    }

    private static void AddServices(IServiceCollection services, ConfigurationManager configuration, ServerArguments arguments, ServerFolder folder)
    {
        services.AddSingleton(arguments).AddSingleton(folder).AddSingleton(TimeProvider.System).AddScoped<Caller>();
        services.ConfigureHttpJsonOptions(json =>
        {
            json.SerializerOptions.TypeInfoResolverChain.Insert(0, ContractsJson.Default);
            json.SerializerOptions.TypeInfoResolverChain.Insert(1, ServerJson.Default);
            // A context in a chain brings its types and leaves its converters behind: without them enums go out by their C# names.
            foreach (var converter in ContractsJson.Default.Options.Converters) json.SerializerOptions.Converters.Add(converter);
            json.SerializerOptions.DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull;
            json.SerializerOptions.RespectNullableAnnotations = true;
            json.SerializerOptions.RespectRequiredConstructorParameters = true;

            // A misspelt field must not be taken for one that was left out: it may be the budget.
            json.SerializerOptions.UnmappedMemberHandling = JsonUnmappedMemberHandling.Disallow;
            json.SerializerOptions.NumberHandling = JsonNumberHandling.Strict;
            json.SerializerOptions.PropertyNamingPolicy = System.Text.Json.JsonNamingPolicy.SnakeCaseLower;
        });
        // A body or parameter that cannot be read is a problem with words, not an empty 400.
        services.Configure<RouteHandlerOptions>(options => options.ThrowOnBadRequest = true);
        services.AddExceptionHandler<Problems>();
        services.AddProblemDetails();
        services.AddEspalierOpenApi();

        services.AddSqliteStorage(folder.Path);
        services.AddGitRepositories(folder.Repositories);
        services.AddTraceStore(configuration, folder);
        services.AddRedaction(options => RedactionKey.Read(options, folder.Path));
        services.AddTraces().AddOtlp();
        services.AddTraceImports();
        services.AddGateway(gateway =>
        {
            configuration.GetSection(GatewayOptions.Section).Bind(gateway);
            gateway.KeyFolder ??= Path.Combine(folder.Path, "keys");
        });
        services.AddWorkers();
        services.PostConfigure<WorkersOptions>(workers =>
        {
            workers.StateFolder = folder.Workers;
            workers.GatewaySocket = folder.GatewaySocket;
            if (arguments.Port != 0) workers.GatewayAddress ??= $"http://{arguments.Listen}:{arguments.Port}";
        });

        services.AddDatasets().AddJudges().AddEditKinds().AddSearch();
        services.AddSingleton(new RunsOptions());
        services.AddSingleton<ReleaseService>();
        services.AddSingleton<IServedVersions>(provider => provider.GetRequiredService<ReleaseService>());
        services.AddSingleton<AgentDirectory>().AddSingleton<ServedContracts>();
        services.AddTracedRuns();
        services.AddSingleton<SessionHost>().AddHostedService(provider => provider.GetRequiredService<SessionHost>());
        services.AddSingleton<ISessionObserver>(provider => provider.GetRequiredService<SessionHost>());
        services.AddSingleton<SessionViews>().AddSingleton<SessionStarter>().AddSingleton<FrontierReports>().AddSingleton<Doctor>().AddSingleton<Diagnostics>();
        services.AddSingleton<ActivityClock>().AddHostedService<IdleExit>().AddHostedService<StartUp>();
    }
}
