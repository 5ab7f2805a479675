using Espalier.Core.Shared;
using Espalier.Gateway.Policies.Checks.Json;
using Espalier.Gateway.Policies.Checks.Pattern;
using Espalier.Gateway.Policies.Checks.Schema;
using Espalier.Gateway.Policies.Checks.ToolCalls;

namespace Espalier.Gateway.Policies.Checks;

/// <summary>Reads <c>check: { pattern: '^(yes|no)$', json: true, schema: schemas/answer.json, tool_calls: true }</c>: an answer must pass all of them.</summary>
internal static class ReplyChecks
{
    public const string Key = "check";

    /// <summary>In the order in which they are cheap; none when the key is not there.</summary>
    public static IReadOnlyList<IReplyCheck> Read(StrictYaml outer, IReadOnlyDictionary<string, byte[]> files)
    {
        if (outer.Mapping(Key) is not { } yaml) return [];
        var checks = new List<IReplyCheck>();
        if (Patterns.Read(yaml, PatternCheck.Key) is { } pattern) checks.Add(new PatternCheck(pattern));
        if (Flag(yaml, JsonCheck.Key)) checks.Add(new JsonCheck());
        if (yaml.Text(SchemaCheck.Key) is { } path) checks.Add(new SchemaCheck(SchemaFile.Read(yaml, SchemaCheck.Key, path, files)));
        if (Flag(yaml, ToolCallsCheck.Key)) checks.Add(new ToolCallsCheck());
        yaml.Finish();
        return checks.Count > 0 ? checks : throw outer.Bad(Key, "names no check", "Write pattern, json, schema or tool_calls below it.");
    }

    private static bool Flag(StrictYaml yaml, string key) => yaml.Text(key) switch
    {
        null or "false" => false,
        "true" => true,
        { } other => throw yaml.Bad(key, $"is '{other}'", "Write true or false."),
    };
}
