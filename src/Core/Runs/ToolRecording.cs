namespace Espalier.Core.Runs;

/// <summary>One answer of a real tool, as it can be given again. Redacted as spans are.</summary>
public sealed record ToolRecording
{
    public required string Agent { get; init; }

    /// <summary>The trace of the request that called the tool, or the case for which an evaluation called it.</summary>
    public required string Recorded { get; init; }

    /// <summary>The tool server's name in the contract.</summary>
    public required string Tool { get; init; }

    /// <summary><c>tools/call get_order</c>, <c>resources/read</c>, <c>GET /tickets/7</c>.</summary>
    public required string Operation { get; init; }

    /// <summary>Of tool server, operation and normalised arguments.</summary>
    public required string Fingerprint { get; init; }

    /// <summary>Normalised, JSON.</summary>
    public required string Arguments { get; init; }

    /// <summary>JSON object: a JSON-RPC answer without its id, or status, headers and body of an HTTP answer.</summary>
    public required string Answer { get; init; }

    public required DateTimeOffset At { get; init; }
}
