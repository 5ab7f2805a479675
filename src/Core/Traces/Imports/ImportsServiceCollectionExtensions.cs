using Espalier.Core.Traces.Imports.Langfuse;
using Espalier.Core.Traces.Imports.Otlp;
using Espalier.Core.Traces.Imports.Plain;
using Espalier.Core.Traces.Imports.TauBench;
using Espalier.Core.Traces.Otlp;
using Microsoft.Extensions.DependencyInjection;

namespace Espalier.Core.Traces.Imports;

/// <summary>Every format of files on one visible list, the narrowest first: the last takes what has a request or an answer.</summary>
public static class ImportsServiceCollectionExtensions
{
    public static IServiceCollection AddTraceImports(this IServiceCollection services)
    {
        if (services.All(service => service.ServiceType != typeof(OtlpMapper))) services.AddTraces();
        return services
            .AddSingleton<OtlpRequests>()
            .AddSingleton<ITraceImport, OtlpImport>()
            .AddSingleton<ITraceImport, LangfuseImport>()
            .AddSingleton<ITraceImport, TauBenchImport>()
            .AddSingleton<ITraceImport, PlainImport>()
            .AddSingleton<TraceImporter>();
    }
}
