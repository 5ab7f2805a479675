using Microsoft.OpenApi;

namespace Espalier.Server.OpenApi;

internal static class OpenApiExtensions
{
    /// <summary>The document of our own REST; the gateway's paths are other vendors' and described by them.</summary>
    public static IServiceCollection AddEspalierOpenApi(this IServiceCollection services) => services.AddOpenApi("v1", options =>
    {
        options.ShouldInclude = api => api.RelativePath?.StartsWith("v1/", StringComparison.Ordinal) != true;
        options.AddSchemaTransformer<WireSchemas>();
        options.AddOperationTransformer<Operations>();
        options.AddDocumentTransformer((document, _, _) =>
        {
            document.Info = new OpenApiInfo
            {
                Title = "Espalier", Version = "v1", Description = "Makes LLM agents better while they run: traces, datasets, judging, search, frontiers, releases. "
                    + "Null fields are left out of answers; unknown fields in a body are refused.",
            };
            document.Servers = [];
            document.Components ??= new OpenApiComponents();
            document.Components.SecuritySchemes = new Dictionary<string, IOpenApiSecurityScheme>(StringComparer.Ordinal)
            {
                [Operations.Token] = new OpenApiSecurityScheme
                {
                    Type = SecuritySchemeType.Http, Scheme = "bearer", Description = "The server's token: the file 'token' in its data folder.",
                },
            };
            foreach (var schema in (document.Components.Schemas ?? new Dictionary<string, IOpenApiSchema>(StringComparer.Ordinal)).Values) LeaveNullsOut(schema);
            document.Components.Schemas?.Remove("SseItemOfstring");
            Sort(document.Paths);
            return Task.CompletedTask;
        });
    });

    /// <summary>A field that may be null is left out when it is, so nobody may count on it.</summary>
    private static void LeaveNullsOut(IOpenApiSchema schema)
    {
        foreach (var name in schema.Required?.ToList() ?? [])
            if (schema.Properties is { } properties && properties.TryGetValue(name, out var property) && MayBeNull(property)) schema.Required!.Remove(name);
    }

    private static bool MayBeNull(IOpenApiSchema schema) =>
        schema.Type?.HasFlag(JsonSchemaType.Null) == true || schema.OneOf?.Any(one => one.Type == JsonSchemaType.Null) == true;

    private static void Sort(OpenApiPaths paths)
    {
        var ordered = paths.OrderBy(path => path.Key, StringComparer.Ordinal).ToList();
        paths.Clear();
        foreach (var (path, item) in ordered) paths.Add(path, item);
    }
}
