namespace Espalier.Contracts.Shared;

/// <summary>What happens to a call of a model whose price nobody knows: its cost is null either way, never zero.</summary>
public enum UnknownPricePolicy
{
    /// <summary>It is refused before anything is spent.</summary>
    Block,

    /// <summary>It goes through, and its trace says that its cost is unknown and why.</summary>
    AllowAndFlag,
}
