using System.Text.RegularExpressions;

namespace Espalier.Gateway.Policies.Checks.Pattern;

/// <summary>The text must match.</summary>
internal sealed class PatternCheck(Regex pattern) : IReplyCheck
{
    public const string Key = "pattern";

    public string Name => Key;

    public string? Problem(ReplyFacts reply) => pattern.IsIn(reply.Text) ? null : "the text does not match";
}
