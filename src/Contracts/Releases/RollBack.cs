namespace Espalier.Contracts.Releases;

/// <summary>All traffic back to the version before.</summary>
public sealed record RollBack
{
    public required string Agent { get; init; }

    public string Reason { get; set; } = "asked for by an operator";
}
