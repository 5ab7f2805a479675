using System.Text.Json;

namespace Espalier.Gateway.Policies.Checks.Schema;

/// <summary>The part of JSON Schema (2020-12) that structured answers and tools use. Immutable.</summary>
/// <remarks>Known: type, enum, const, properties, required, additionalProperties, patternProperties, propertyNames, min/maxProperties, items, prefixItems,
/// contains, min/maxItems, uniqueItems, minimum, maximum, exclusiveMinimum, exclusiveMaximum, multipleOf, min/maxLength, pattern, allOf, anyOf, oneOf, not,
/// if/then/else, dependentRequired, and $ref to places in the same file. Notes (title, description, default, examples, format and the like) decide nothing.</remarks>
internal sealed class JsonSchema
{
    private const int MostDepth = 64;

    private readonly JsonElement _root;

    private JsonSchema(JsonElement root) => _root = root;

    /// <exception cref="UnknownSchemaException">It is no schema, or says what the checker does not know, unless <paramref name="lenient"/>.</exception>
    public static JsonSchema Compile(JsonElement schema, bool lenient = false)
    {
        if (!lenient) SchemaWords.Check(schema, schema, "#", 0);
        return new JsonSchema(schema);
    }

    /// <summary>What does not fit, by place and keyword and without the value; null when all does.</summary>
    public string? Problem(JsonElement value) => Problem(_root, value, "", 0);

    private string? Problem(JsonElement schema, JsonElement value, string at, int depth)
    {
        if (schema.ValueKind == JsonValueKind.True || depth > MostDepth) return null;
        if (schema.ValueKind == JsonValueKind.False) return Said(at, "is not allowed");
        if (schema.ValueKind != JsonValueKind.Object) return null;
        foreach (var keyword in schema.EnumerateObject())
            if (Problem(schema, keyword.Name, keyword.Value, value, at, depth + 1) is { } problem) return problem;
        return null;
    }

    private string? Problem(JsonElement schema, string keyword, JsonElement says, JsonElement value, string at, int depth)
    {
        switch (keyword)
        {
            case "$ref":
                return SchemaWords.Resolve(_root, says) is { } target ? Problem(target, value, at, depth) : null;
            case "type":
                return SchemaValues.IsOfType(value, says) ? null : Said(at, $"is no {says.ToString().Trim('[', ']').Replace("\"", "", StringComparison.Ordinal)}");
            case "enum":
                return says.ValueKind != JsonValueKind.Array || says.EnumerateArray().Any(one => SchemaValues.AreEqual(one, value)) ? null : Said(at, "is none of the values of 'enum'");
            case "const":
                return SchemaValues.AreEqual(says, value) ? null : Said(at, "is not the value of 'const'");
            case "allOf":
                return says.EnumerateArray().Select(one => Problem(one, value, at, depth)).FirstOrDefault(problem => problem is not null);
            case "anyOf":
                return says.EnumerateArray().Any(one => Problem(one, value, at, depth) is null) ? null : Said(at, "fits nothing of 'anyOf'");
            case "oneOf":
                return says.EnumerateArray().Count(one => Problem(one, value, at, depth) is null) == 1 ? null : Said(at, "does not fit exactly one of 'oneOf'");
            case "not":
                return Problem(says, value, at, depth) is null ? Said(at, "fits 'not'") : null;
            case "if":
                var branch = Problem(says, value, at, depth) is null ? "then" : "else";
                return schema.TryGetProperty(branch, out var then) ? Problem(then, value, at, depth) : null;
            default:
                return value.ValueKind switch
                {
                    JsonValueKind.Object => ProblemOfObject(schema, keyword, says, value, at, depth),
                    JsonValueKind.Array => ProblemOfArray(schema, keyword, says, value, at, depth),
                    _ => SchemaValues.Problem(keyword, says, value) is { } problem ? Said(at, problem) : null,
                };
        }
    }

    private string? ProblemOfObject(JsonElement schema, string keyword, JsonElement says, JsonElement value, string at, int depth)
    {
        switch (keyword)
        {
            case "properties":
                foreach (var property in says.EnumerateObject())
                {
                    if (value.TryGetProperty(property.Name, out var member) && Problem(property.Value, member, $"{at}/{property.Name}", depth) is { } problem) return problem;
                }

                return null;
            case "required":
                return says.EnumerateArray().FirstOrDefault(name => !value.TryGetProperty(name.GetString()!, out _)) is { ValueKind: JsonValueKind.String } missing
                    ? Said(at, $"lacks '{missing.GetString()}'") : null;
            case "additionalProperties":
                foreach (var member in value.EnumerateObject())
                {
                    if (IsDeclared(schema, member.Name)) continue;
                    if (says.ValueKind == JsonValueKind.False) return Said(at, "has a member that is not allowed");
                    if (Problem(says, member.Value, $"{at}/*", depth) is { } problem) return problem;
                }

                return null;
            case "patternProperties":
                foreach (var pattern in says.EnumerateObject())
                {
                    foreach (var member in value.EnumerateObject())
                        if (SchemaValues.Matches(pattern.Name, member.Name) && Problem(pattern.Value, member.Value, $"{at}/*", depth) is { } problem) return problem;
                }

                return null;
            case "propertyNames":
                foreach (var member in value.EnumerateObject())
                    if (Problem(says, SchemaValues.AsText(member.Name), at, depth) is not null) return Said(at, "has a member whose name is not allowed");
                return null;
            case "minProperties":
                return value.EnumerateObject().Count() < says.GetDouble() ? Said(at, "has too few members") : null;
            case "maxProperties":
                return value.EnumerateObject().Count() > says.GetDouble() ? Said(at, "has too many members") : null;
            case "dependentRequired":
                foreach (var cause in says.EnumerateObject())
                {
                    if (!value.TryGetProperty(cause.Name, out _)) continue;
                    foreach (var name in cause.Value.EnumerateArray())
                        if (!value.TryGetProperty(name.GetString()!, out _)) return Said(at, $"has '{cause.Name}' and lacks '{name.GetString()}'");
                }

                return null;
            default:
                return null;
        }
    }

    private string? ProblemOfArray(JsonElement schema, string keyword, JsonElement says, JsonElement value, string at, int depth)
    {
        var first = schema.TryGetProperty("prefixItems", out var prefix) ? prefix.GetArrayLength() : 0;
        switch (keyword)
        {
            case "items":
                return value.EnumerateArray().Skip(first).Select((item, i) => Problem(says, item, $"{at}/{first + i}", depth)).FirstOrDefault(problem => problem is not null);
            case "prefixItems":
                return value.EnumerateArray().Zip(says.EnumerateArray()).Select((pair, i) => Problem(pair.Second, pair.First, $"{at}/{i}", depth)).FirstOrDefault(problem => problem is not null);
            case "contains":
                return value.EnumerateArray().Any(item => Problem(says, item, at, depth) is null) ? null : Said(at, "holds nothing that 'contains' wants");
            case "minItems":
                return value.GetArrayLength() < says.GetDouble() ? Said(at, "has too few items") : null;
            case "maxItems":
                return value.GetArrayLength() > says.GetDouble() ? Said(at, "has too many items") : null;
            case "uniqueItems" when says.ValueKind == JsonValueKind.True:
                var items = value.EnumerateArray().ToList();
                return items.Index().Any(one => items.Take(one.Index).Any(other => SchemaValues.AreEqual(one.Item, other))) ? Said(at, "holds an item twice") : null;
            default:
                return null;
        }
    }

    private static bool IsDeclared(JsonElement schema, string name) =>
        (schema.TryGetProperty("properties", out var properties) && properties.TryGetProperty(name, out _))
        || (schema.TryGetProperty("patternProperties", out var patterns) && patterns.EnumerateObject().Any(pattern => SchemaValues.Matches(pattern.Name, name)));

    private static string Said(string at, string what) => $"{(at.Length == 0 ? "the value" : at)} {what}";
}
