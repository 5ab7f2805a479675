using Espalier.Core.Traces.Dialects;
using Espalier.Core.Traces.Dialects.GenAi;
using Espalier.Core.Traces.Dialects.General;
using Espalier.Core.Traces.Dialects.Genkit;
using Espalier.Core.Traces.Dialects.GoogleAdk;
using Espalier.Core.Traces.Dialects.Laminar;
using Espalier.Core.Traces.Dialects.Langfuse;
using Espalier.Core.Traces.Dialects.Mastra;
using Espalier.Core.Traces.Dialects.Mcp;
using Espalier.Core.Traces.Dialects.Mlflow;
using Espalier.Core.Traces.Dialects.OpenInference;
using Espalier.Core.Traces.Dialects.OpenLlmetry;
using Espalier.Core.Traces.Dialects.VectorDb;
using Espalier.Core.Traces.Dialects.VercelAi;
using Espalier.Core.Traces.Otlp;
using Microsoft.Extensions.DependencyInjection;

namespace Espalier.Core.Traces;

/// <summary>Every dialect on one visible list, in the order in which they are believed.</summary>
/// <remarks>What an application says on purpose comes before what an instrumentation writes by itself, a framework's own keys before the
/// general ones that it writes beside them; what belongs to no convention comes last.</remarks>
public static class TracesServiceCollectionExtensions
{
    public static IServiceCollection AddTraces(this IServiceCollection services) => services
        .AddSingleton<ITraceDialect, LangfuseDialect>()
        .AddSingleton<ITraceDialect, OpenInferenceDialect>()
        .AddSingleton<ITraceDialect, MlflowDialect>()
        .AddSingleton<ITraceDialect, MastraDialect>()
        .AddSingleton<ITraceDialect, LaminarDialect>()
        .AddSingleton<ITraceDialect, OpenLlmetryDialect>()
        .AddSingleton<ITraceDialect, GenkitDialect>()
        .AddSingleton<ITraceDialect, VercelAiDialect>()
        .AddSingleton<ITraceDialect, GoogleAdkDialect>()
        .AddSingleton<ITraceDialect, GenAiDialect>()
        .AddSingleton<ITraceDialect, McpDialect>()
        .AddSingleton<ITraceDialect, VectorDbDialect>()
        .AddSingleton<ITraceDialect, GeneralDialect>()
        .AddSingleton<OtlpMapper>();
}
