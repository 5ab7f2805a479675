namespace Espalier.Gateway.Policies.Routes.Weights;

/// <summary>What keeps its arm.</summary>
internal enum Sticky
{
    /// <summary>One request served by the agent, with all its calls.</summary>
    Run,

    /// <summary>All runs of a conversation; a run without one is its own.</summary>
    Conversation,

    /// <summary>All runs of an end user; a run without one is its own.</summary>
    User,

    /// <summary>Each call chooses anew.</summary>
    Call,
}
