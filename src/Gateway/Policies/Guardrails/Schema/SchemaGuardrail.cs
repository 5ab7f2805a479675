using Espalier.Core.Shared;
using Espalier.Gateway.Policies.Checks;
using Espalier.Gateway.Policies.Checks.Schema;

namespace Espalier.Gateway.Policies.Guardrails.Schema;

/// <summary>The answer must be JSON of a schema: <c>schema: schemas/answer.json</c>.</summary>
internal sealed class SchemaGuardrail(SchemaCheck check) : IGuardrail
{
    public const string Key = "schema";

    public string Name => Key;

    public GuardScope Scope => GuardScope.Replies;

    public static SchemaGuardrail Read(StrictYaml yaml, IReadOnlyDictionary<string, byte[]> files) =>
        new(new SchemaCheck(SchemaFile.Read(yaml, Key, yaml.RequiredText(Key, "schemas/answer.json"), files)));

    public string? Inspect(ReplyFacts reply) => check.Problem(reply);
}
