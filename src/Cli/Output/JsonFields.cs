using System.Text.Json.Nodes;

namespace Espalier.Cli.Output;

/// <summary><c>--json=id,state</c>: top-level fields of the object, or of each item of a page.</summary>
internal static class JsonFields
{
    public static JsonNode Select(JsonNode node, string fields)
    {
        var names = fields.Split(',', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries);
        if (node is JsonObject page && page["items"] is JsonArray items)
        {
            var chosen = new JsonArray();
            var known = items.OfType<JsonObject>().SelectMany(item => item.Select(field => field.Key)).ToHashSet();
            if (known.Count > 0) Check(names, known);
            foreach (var item in items.OfType<JsonObject>()) chosen.Add(Pick(item, names));
            return new JsonObject { ["items"] = chosen };
        }

        if (node is not JsonObject single) return node;
        Check(names, single.Select(field => field.Key).ToHashSet());
        return Pick(single, names);
    }

    private static JsonObject Pick(JsonObject source, string[] names)
    {
        var picked = new JsonObject();
        foreach (var name in names)
            if (source.TryGetPropertyValue(name, out var value)) picked[name] = value?.DeepClone();
        return picked;
    }

    private static void Check(string[] names, HashSet<string> known)
    {
        if (Array.Find(names, name => !known.Contains(name)) is not { } unknown) return;
        throw CliError.Usage(
            $"--json names a field that is not there: {unknown}.",
            $"The fields are {string.Join(", ", known)}.",
            $"Try --json={string.Join(',', Nearest.Of(unknown, known, 1))}");
    }
}
