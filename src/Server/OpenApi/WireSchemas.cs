using System.Text.Json;
using Espalier.Contracts.Shared;
using Microsoft.AspNetCore.OpenApi;
using Microsoft.OpenApi;

namespace Espalier.Server.OpenApi;

/// <summary>Says what our converters write, which the schema exporter cannot see into: ids, money, durations and enums.</summary>
internal sealed class WireSchemas : IOpenApiSchemaTransformer
{
    public Task TransformAsync(OpenApiSchema schema, OpenApiSchemaTransformerContext context, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        var declared = context.JsonTypeInfo.Type;
        var type = Nullable.GetUnderlyingType(declared) ?? declared;

        // Closed objects would break a client at the first field that a later version adds.
        schema.AdditionalPropertiesAllowed = true;
        if (type == typeof(Usd))
        {
            schema.Type = JsonSchemaType.Object;
            schema.Description = "US dollars. Only nano_usd is read back; a request may say \"0.50usd\" instead of the object.";
            schema.Required = new HashSet<string>(StringComparer.Ordinal) { "nano_usd" };
            schema.Properties = new Dictionary<string, IOpenApiSchema>(StringComparer.Ordinal)
            {
                ["nano_usd"] = new OpenApiSchema { Type = JsonSchemaType.Integer, Format = "int64", Description = "Nano-dollars: 1e-9 USD." },
                ["usd"] = new OpenApiSchema { Type = JsonSchemaType.String, Description = "The same amount in dollars, for people." },
            };
        }
        else if (IsId(type))
        {
            schema.Type = JsonSchemaType.String;
        }
        else if (type.IsGenericType && type.GetGenericArguments() is [var item] && IsId(item) && schema.Type == JsonSchemaType.Array)
        {
            schema.Items = new OpenApiSchema { Type = JsonSchemaType.String };
        }
        else if (type == typeof(TimeSpan))
        {
            schema.Type = declared == type ? JsonSchemaType.String : JsonSchemaType.String | JsonSchemaType.Null;
            schema.Pattern = null;
            schema.Description = "A duration: [d.]hh:mm:ss[.fffffff].";
        }
        else if (type.IsEnum)
        {
            schema.Type = JsonSchemaType.String;
            schema.Enum = [.. Enum.GetNames(type).Select(name => (System.Text.Json.Nodes.JsonNode)JsonNamingPolicy.SnakeCaseLower.ConvertName(name))];
        }

        return Task.CompletedTask;
    }

    private static bool IsId(Type type) =>
        type.GetInterfaces().Any(one => one.IsGenericType && one.GetGenericTypeDefinition() == typeof(IStringId<>));
}
