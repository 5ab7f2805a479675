using Espalier.Core.Traces;
using Espalier.Server.Hosting;
using Espalier.Storage.ChDb;
using Espalier.Storage.ClickHouse;
using Microsoft.Extensions.Options;

namespace Espalier.Server.Traces;

/// <summary>The trace store as it is configured, and what tends it.</summary>
internal static class TraceStoreExtensions
{
    public static IServiceCollection AddTraceStore(this IServiceCollection services, IConfiguration configuration, ServerFolder folder)
    {
        var clickHouse = new ClickHouseOptions { JournalPath = Path.Combine(folder.Path, "traces", "journal") };
        configuration.GetSection(ClickHouseOptions.Section).Bind(clickHouse);
        var chDb = new ChDbOptions { Path = Path.Combine(folder.Path, "traces", "chdb") };
        configuration.GetSection(ChDbOptions.Section).Bind(chDb);
        services.AddOptions<TracesOptions>().BindConfiguration(TracesOptions.Section).ValidateOnStart();
        services.AddSingleton<IValidateOptions<TracesOptions>, TracesOptionsValidator>();
        services.AddSingleton(provider => new FeedbackMetrics(
            provider.GetRequiredService<IOptions<TracesOptions>>().Value.Metrics.Select(own => new FeedbackMetric(own.Name, own.PassAt, own.LowerIsBetter))));
        services.AddSingleton(provider => provider.GetRequiredService<IOptions<TracesOptions>>().Value.Sampling);
        services.AddClickHouseTraces(clickHouse, chDb);
        services.AddSingleton<TraceDeletions>().AddHostedService(provider => provider.GetRequiredService<TraceDeletions>());
        services.AddHostedService<TraceExpiry>();
        return services;
    }

    private sealed class TracesOptionsValidator : IValidateOptions<TracesOptions>
    {
        public ValidateOptionsResult Validate(string? name, TracesOptions options) =>
            options.FindProblem() is { } problem ? ValidateOptionsResult.Fail(problem) : ValidateOptionsResult.Success;
    }
}
