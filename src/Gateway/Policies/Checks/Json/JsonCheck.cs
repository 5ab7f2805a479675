namespace Espalier.Gateway.Policies.Checks.Json;

/// <summary>The text must be one JSON value, with nothing around it.</summary>
internal sealed class JsonCheck : IReplyCheck
{
    public const string Key = "json";

    public string Name => Key;

    public string? Problem(ReplyFacts reply) => JsonText.Parse(reply.Text) is null ? "the text is not JSON" : null;
}
