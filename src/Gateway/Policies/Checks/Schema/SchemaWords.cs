using System.Text.Json;

namespace Espalier.Gateway.Policies.Checks.Schema;

/// <summary>The keywords of a schema: which are known, and what their values must be.</summary>
internal static class SchemaWords
{
    private const int MostDepth = 64;

    private static readonly HashSet<string> Notes =
    [
        "$schema", "$id", "$comment", "$anchor", "title", "description", "default", "examples", "deprecated", "readOnly", "writeOnly", "format", "contentEncoding", "contentMediaType", "strict",
    ];

    private static readonly HashSet<string> OneSchema = ["additionalProperties", "propertyNames", "items", "contains", "not", "if", "then", "else"];

    private static readonly HashSet<string> ManySchemas = ["allOf", "anyOf", "oneOf", "prefixItems"];

    private static readonly HashSet<string> NamedSchemas = ["properties", "patternProperties", "$defs", "definitions"];

    private static readonly HashSet<string> Numbers =
    [
        "minProperties", "maxProperties", "minItems", "maxItems", "minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum", "multipleOf", "minLength", "maxLength",
    ];

    /// <exception cref="UnknownSchemaException">A keyword is not known, or its value is none of its kind.</exception>
    public static void Check(JsonElement root, JsonElement schema, string at, int depth)
    {
        if (depth > MostDepth) throw new UnknownSchemaException($"{at} lies deeper than {MostDepth} schemas");
        if (schema.ValueKind is JsonValueKind.True or JsonValueKind.False) return;
        if (schema.ValueKind != JsonValueKind.Object) throw new UnknownSchemaException($"{at} is no schema: it must be an object, true or false");
        foreach (var keyword in schema.EnumerateObject())
        {
            var (name, says, here) = (keyword.Name, keyword.Value, $"{at}/{keyword.Name}");
            if (Notes.Contains(name)) continue;
            if (OneSchema.Contains(name)) Check(root, says, here, depth + 1);
            else if (ManySchemas.Contains(name)) CheckMany(root, says, here, depth);
            else if (NamedSchemas.Contains(name)) CheckNamed(root, says, here, depth);
            else if (!IsRight(root, name, says)) throw new UnknownSchemaException($"{here} has a value of the wrong kind, or stands for nothing");
        }
    }

    /// <summary>What a reference points at inside the same schema; null when nothing is there.</summary>
    public static JsonElement? Resolve(JsonElement root, JsonElement reference)
    {
        if (reference.ValueKind != JsonValueKind.String || reference.GetString() is not ['#', ..] path) return null;
        var found = root;
        foreach (var name in path[1..].Split('/', StringSplitOptions.RemoveEmptyEntries))
        {
            var key = Uri.UnescapeDataString(name).Replace("~1", "/", StringComparison.Ordinal).Replace("~0", "~", StringComparison.Ordinal);
            if (found.ValueKind == JsonValueKind.Array && int.TryParse(key, out var index) && index < found.GetArrayLength()) found = found[index];
            else if (found.ValueKind != JsonValueKind.Object || !found.TryGetProperty(key, out found)) return null;
        }

        return found;
    }

    private static void CheckMany(JsonElement root, JsonElement says, string at, int depth)
    {
        if (says.ValueKind != JsonValueKind.Array || says.GetArrayLength() == 0) throw new UnknownSchemaException($"{at} must be a list of schemas");
        foreach (var (index, one) in says.EnumerateArray().Index()) Check(root, one, $"{at}/{index}", depth + 1);
    }

    private static void CheckNamed(JsonElement root, JsonElement says, string at, int depth)
    {
        if (says.ValueKind != JsonValueKind.Object) throw new UnknownSchemaException($"{at} must be an object of schemas");
        foreach (var one in says.EnumerateObject())
        {
            if (at.EndsWith("/patternProperties", StringComparison.Ordinal) && SchemaValues.Compile(one.Name) is null) throw new UnknownSchemaException($"{at} holds a pattern that cannot run in linear time");
            Check(root, one.Value, $"{at}/{one.Name}", depth + 1);
        }
    }

    private static bool IsRight(JsonElement root, string name, JsonElement says) => name switch
    {
        "type" => says.ValueKind is JsonValueKind.String or JsonValueKind.Array,
        "enum" => says.ValueKind == JsonValueKind.Array,
        "const" => true,
        "required" => AreTexts(says),
        "uniqueItems" => says.ValueKind is JsonValueKind.True or JsonValueKind.False,
        "pattern" => says.ValueKind == JsonValueKind.String && SchemaValues.Compile(says.GetString()!) is not null,
        "dependentRequired" => says.ValueKind == JsonValueKind.Object && says.EnumerateObject().All(one => AreTexts(one.Value)),
        "$ref" => Resolve(root, says) is not null,
        _ => Numbers.Contains(name) ? says.ValueKind == JsonValueKind.Number : throw new UnknownSchemaException($"the keyword '{name}' is not known"),
    };

    private static bool AreTexts(JsonElement says) => says.ValueKind == JsonValueKind.Array && says.EnumerateArray().All(one => one.ValueKind == JsonValueKind.String);
}
