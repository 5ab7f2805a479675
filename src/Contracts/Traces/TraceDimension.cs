namespace Espalier.Contracts.Traces;

/// <summary>What traffic can be told apart by.</summary>
public enum TraceDimension
{
    Hour,
    Day,
    Agent,
    Version,
    Model,
    Purpose,
    Service,
    Environment,
    User,
    Conversation,
    Prompt,
    Tool,
}
