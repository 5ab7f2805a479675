using Espalier.Gateway.Policies.Checks.Json;

namespace Espalier.Gateway.Policies.Checks.Schema;

/// <summary>The text must be JSON of a schema. An answer that only calls tools says nothing that could break it.</summary>
internal sealed class SchemaCheck(JsonSchema schema) : IReplyCheck
{
    public const string Key = "schema";

    public string Name => Key;

    public string? Problem(ReplyFacts reply)
    {
        if (reply.Text.Length == 0 && reply.Calls.Count > 0) return null;
        return JsonText.Parse(reply.Text) is { } json ? schema.Problem(json) : "the text is not JSON";
    }
}
