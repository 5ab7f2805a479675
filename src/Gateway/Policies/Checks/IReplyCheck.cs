namespace Espalier.Gateway.Policies.Checks;

/// <summary>Whether a whole answer is of the form that is wanted. Costs no model.</summary>
internal interface IReplyCheck
{
    /// <summary>The key below <c>check</c>.</summary>
    string Name { get; }

    /// <summary>What is wrong, in words without the answer's own; null when nothing is.</summary>
    string? Problem(ReplyFacts reply);
}
