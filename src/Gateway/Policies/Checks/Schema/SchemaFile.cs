using System.Text.Json;
using Espalier.Core.Shared;
using Espalier.Gateway.Formats.Json;

namespace Espalier.Gateway.Policies.Checks.Schema;

/// <summary>Reads a JSON schema that lies in the version.</summary>
internal static class SchemaFile
{
    public static JsonSchema Read(StrictYaml yaml, string key, string path, IReadOnlyDictionary<string, byte[]> files)
    {
        if (!files.TryGetValue(path, out var bytes))
        {
            var nearest = Nearest.Of(path, files.Keys.Where(name => name.EndsWith(".json", StringComparison.Ordinal)), 1);
            throw yaml.Bad(
                key, $"names the file '{path}', which the version does not have",
                $"{(nearest.Count > 0 ? $"Did you mean '{nearest[0]}'? " : "")}Write the path of a JSON schema from the root of the repository.");
        }

        try
        {
            return JsonSchema.Compile(JsonRead.Parse(bytes));
        }
        catch (JsonException e)
        {
            throw yaml.Bad(key, $"names '{path}', which is not valid JSON (line {e.LineNumber + 1})", "Write a JSON schema there.");
        }
        catch (UnknownSchemaException e)
        {
            throw yaml.Bad(key, $"names '{path}', where {e.Message}", "Write it with the keywords of docs/reference/router.md.");
        }
    }
}
