using System.Globalization;
using System.Reflection;
using System.Text.Json;
using Espalier.Contracts.Datasets;
using Espalier.Contracts.Shared;
using Espalier.Contracts.Traces;
using Espalier.Server.Hosting;
using Microsoft.AspNetCore.OpenApi;
using Microsoft.OpenApi;

namespace Espalier.Server.OpenApi;

/// <summary>Gives each operation its id, its key, and the problems that it may answer with.</summary>
internal sealed class Operations : IOpenApiOperationTransformer
{
    public const string Token = "token";

    private static readonly Dictionary<int, string> Meanings = new()
    {
        [400] = "The request cannot be read",
        [401] = "The token is missing or wrong",
        [402] = "A budget is spent",
        [403] = "Not allowed, whoever asks",
        [404] = "Not found",
        [409] = "Not in this state",
        [413] = "The body is too large",
        [415] = "The body is not JSON",
        [422] = "A value is refused",
        [429] = "Too much at once",
        [500] = "A fault of the server",
        [503] = "Something that this needs is not there",
        [507] = "The disk or the store refuses",
    };

    private static readonly Dictionary<string, Type> Words = new(StringComparer.Ordinal) { ["purpose"] = typeof(Purpose), ["split"] = typeof(Split) };

    public async Task TransformAsync(OpenApiOperation operation, OpenApiOperationTransformerContext context, CancellationToken cancellationToken)
    {
        operation.OperationId = IdOf(context);
        operation.Responses ??= [];
        var isOpen = Doors.IsOpen("/" + context.Description.RelativePath);
        foreach (var status in isOpen ? [] : operation.RequestBody is null ? (int[])[401, 500, 507] : [400, 401, 413, 415, 500, 507])
            operation.Responses.TryAdd(status.ToString(CultureInfo.InvariantCulture), new OpenApiResponse());
        if (operation.Parameters?.Any(parameter => parameter.Schema is { } schema && (schema.Type != JsonSchemaType.String || schema.Enum is { Count: > 0 })) == true)
            operation.Responses.TryAdd("400", new OpenApiResponse());

        await NameWordsAsync(operation, context, cancellationToken);
        var problem = await DescribeProblemAsync(context, cancellationToken);
        foreach (var (status, response) in operation.Responses.ToList())
        {
            if (int.Parse(status, CultureInfo.InvariantCulture) < 400) continue;
            operation.Responses[status] = new OpenApiResponse
            {
                Description = Meanings[int.Parse(status, CultureInfo.InvariantCulture)],
                Content = new Dictionary<string, OpenApiMediaType>(StringComparer.Ordinal) { [Problems.MediaType] = new() { Schema = problem } },
            };
        }

        if (operation.Responses.TryGetValue("200", out var ok) && ok.Content?.TryGetValue("text/event-stream", out var stream) == true)
            stream.Schema = new OpenApiSchema { Type = JsonSchemaType.String, Description = context.Description.ActionDescriptor.EndpointMetadata.OfType<EventsOf>().Single().Description };

        var ordered = operation.Responses.OrderBy(pair => pair.Key, StringComparer.Ordinal).ToList();
        operation.Responses.Clear();
        foreach (var (status, response) in ordered) operation.Responses.Add(status, response);
        if (!isOpen) operation.Security = [new OpenApiSecurityRequirement { [new OpenApiSecuritySchemeReference(Token, context.Document)] = [] }];
    }

    /// <summary>Queries take enums as text and read the words themselves, so the document must be told which words.</summary>
    private static async Task NameWordsAsync(OpenApiOperation operation, OpenApiOperationTransformerContext context, CancellationToken cancellationToken)
    {
        foreach (var parameter in operation.Parameters?.OfType<OpenApiParameter>() ?? [])
        {
            if (parameter.Name is null || !Words.TryGetValue(parameter.Name, out var type)) continue;
            parameter.Schema = await context.GetOrCreateSchemaAsync(type, null, cancellationToken);
            operation.Responses!.TryAdd("422", new OpenApiResponse());
        }
    }

    private static async Task<IOpenApiSchema> DescribeProblemAsync(OpenApiOperationTransformerContext context, CancellationToken cancellationToken)
    {
        var schema = await context.GetOrCreateSchemaAsync(typeof(Problem), null, cancellationToken);
        context.Document!.AddComponent(nameof(Problem), schema);
        return new OpenApiSchemaReference(nameof(Problem), context.Document);
    }

    /// <summary>The slice and the handler's name: <c>agents_find_version</c>.</summary>
    private static string IdOf(OpenApiOperationTransformerContext context)
    {
        var metadata = context.Description.ActionDescriptor.EndpointMetadata;
        var handler = metadata.OfType<MethodInfo>().Last().Name;
        var slice = metadata.OfType<Microsoft.AspNetCore.Http.Metadata.ITagsMetadata>().Last().Tags[0];
        var verb = handler.EndsWith("Async", StringComparison.Ordinal) ? handler[..^5] : handler;
        return $"{slice}_{JsonNamingPolicy.SnakeCaseLower.ConvertName(verb)}";
    }
}
