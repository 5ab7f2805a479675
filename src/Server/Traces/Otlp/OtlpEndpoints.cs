using Espalier.Core.Traces.Otlp;

namespace Espalier.Server.Traces.Otlp;

/// <summary>Where OpenTelemetry clients send to. Not in our OpenAPI document: the paths and bodies are another standard's.</summary>
internal static class OtlpEndpoints
{
    // Beside the standard's own: clients of other products have their path built in, and only let the host be changed.
    private static readonly string[] Prefixes = ["", "/otlp", "/otel", "/api/public/otel"];

    private static readonly (OtlpSignal Signal, string Path, string Service)[] Signals =
    [
        (OtlpSignal.Traces, "traces", "trace.v1.TraceService"),
        (OtlpSignal.Logs, "logs", "logs.v1.LogsService"),
        (OtlpSignal.Metrics, "metrics", "metrics.v1.MetricsService"),
    ];

    /// <summary>Whether exports are posted there.</summary>
    public static bool Answers(PathString path) =>
        Signals.Any(signal => Prefixes.Any(prefix => path.Equals($"{prefix}/v1/{signal.Path}", StringComparison.OrdinalIgnoreCase)));

    public static void MapOtlp(this IEndpointRouteBuilder routes)
    {
        var http = routes.ServiceProvider.GetRequiredService<OtlpHttp>();
        var grpc = routes.ServiceProvider.GetRequiredService<OtlpGrpc>();
        foreach (var (signal, path, service) in Signals)
        {
            foreach (var prefix in Prefixes)
                Map($"{prefix}/v1/{path}", context => http.ServeAsync(context, signal), new OtlpRoute(signal, IsGrpc: false));
            Map($"/opentelemetry.proto.collector.{service}/Export", context => grpc.ServeAsync(context, signal), new OtlpRoute(signal, IsGrpc: true));
        }

        void Map(string pattern, RequestDelegate serve, OtlpRoute route) => routes.MapPost(pattern, serve).WithMetadata(route).ExcludeFromDescription();
    }
}
