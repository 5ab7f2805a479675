using Espalier.Contracts.Agents;

namespace Espalier.Gateway.Tools;

/// <summary>One call of a tool, whatever it is spoken with.</summary>
internal sealed record ToolAsk
{
    public required ToolContract Tool { get; init; }

    /// <summary><c>tools/call get_order</c>, <c>resources/read</c>, <c>GET /tickets/7</c>.</summary>
    public required string Operation { get; init; }

    /// <summary>The tool's own name: <c>get_order</c>, <c>GET /tickets/7</c>.</summary>
    public required string Name { get; init; }

    /// <summary>Normalised, JSON.</summary>
    public required string Arguments { get; init; }

    /// <summary>Asks the real tool.</summary>
    public required Func<CancellationToken, Task<ToolAnswer>> Forward { get; init; }

    /// <summary>Whether it is known, without asking anybody, to change nothing.</summary>
    public required bool IsKnownToRead { get; init; }

    /// <summary>Whether the real tool server says still that it changes nothing; asked right before an evaluation reaches it.</summary>
    public Func<CancellationToken, Task<bool>>? StillReads { get; init; }
}
