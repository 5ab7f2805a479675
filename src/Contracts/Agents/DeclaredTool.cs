namespace Espalier.Contracts.Agents;

/// <summary>A tool server of an agent's contract, and whether it may be reached.</summary>
public sealed record DeclaredTool
{
    public required ToolContract Contract { get; init; }

    /// <summary>Of everything that decides what is started, whom it reaches and with which secrets.</summary>
    public required string Digest { get; init; }

    /// <summary>Whether an operator said yes to exactly this declaration.</summary>
    public required bool Trusted { get; init; }

    /// <summary>Secrets that it needs and that are not set on the server.</summary>
    public required IReadOnlyList<string> MissingSecrets { get; init; }
}
