using Microsoft.OpenApi;

namespace Espalier.Server.OpenApi;

internal static class OpenApiExtensions
{
    /// <summary>The document of our own REST; the gateway's paths are other vendors' and described by them.</summary>
    public static IServiceCollection AddEspalierOpenApi(this IServiceCollection services) => services.AddOpenApi("v1", options =>
    {
        options.ShouldInclude = api => api.RelativePath?.StartsWith("v1/", StringComparison.Ordinal) != true;
        options.AddDocumentTransformer((document, _, _) =>
        {
            document.Info = new OpenApiInfo
            {
                Title = "Espalier", Version = "v1", Description = "Makes LLM agents better while they run: traces, datasets, judging, search, frontiers, releases.",
            };
            document.Servers = [];
            return Task.CompletedTask;
        });
    });
}
