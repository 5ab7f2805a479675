using Espalier.Contracts.Shared;

namespace Espalier.Contracts.Agents;

/// <summary>What <c>espalier.yaml</c> says about an agent: how it runs, what may be edited, how it is judged.</summary>
public sealed record AgentContract
{
    public required string Agent { get; init; }

    public required RunContract Run { get; init; }

    /// <summary>Artifact name to the path patterns (globs, relative to the repository) that it owns.</summary>
    public required IReadOnlyDictionary<string, IReadOnlyList<string>> Artifacts { get; init; }

    /// <summary>Path patterns that no edit may touch. <c>espalier.yaml</c> is frozen whatever this says.</summary>
    public required IReadOnlyList<string> Frozen { get; init; }

    public required JudgeContract Judge { get; init; }

    public required BudgetContract Budget { get; init; }

    public CaptureContract Capture { get; init; } = new();

    /// <summary>The tool servers that the agent may reach through the gateway.</summary>
    public IReadOnlyList<ToolContract> Tools { get; set; } = [];
}

/// <summary>How one request is served.</summary>
public sealed record RunContract
{
    public required string Command { get; init; }

    public required RunProtocol Protocol { get; init; }

    /// <summary>Wall time of one request; 1 second to 1 hour.</summary>
    public required TimeSpan Timeout { get; init; }

    /// <summary>Memory of one sandbox in bytes.</summary>
    public required long MemoryBytes { get; init; }

    /// <summary>Names of environment variables beyond the standard ones, with their values. Never secrets.</summary>
    public required IReadOnlyDictionary<string, string> Environment { get; init; }

    /// <summary>Names of secrets that the agent gets as environment variables; their values are the server's.</summary>
    public IReadOnlyList<string> Secrets { get; set; } = [];

    /// <summary>Of protocol http; null for the others.</summary>
    public HttpContract? Http { get; init; }
}

/// <summary>Stdio: one process a request. Jsonl: one process serves many requests, a JSON line each. Http: one process serves many requests on a port.</summary>
public enum RunProtocol
{
    Stdio,
    Jsonl,
    Http,
}

/// <summary>How outputs are judged: by comparison with the reference, by a command, by a rubric; the first that is set decides.</summary>
public sealed record JudgeContract
{
    /// <summary><c>exact</c>, <c>normalised</c> (case, white space, trailing punctuation) or <c>contains</c>; null when not used.</summary>
    public string? Expected { get; init; }

    /// <summary>A command that gets the case and the output as JSON on standard input and answers by exit code; null when not used.</summary>
    public string? Verifier { get; init; }

    /// <summary>Path of a rubric in the repository; null when not used.</summary>
    public string? Rubric { get; init; }
}

/// <summary>What the gateway asks providers for beside the answer, to learn from. The agent does not see it unless it asked itself.</summary>
public sealed record CaptureContract
{
    /// <summary>Ids of the tokens of prompt and answer, of servers that can tell them.</summary>
    public bool TokenIds { get; init; }

    /// <summary>Log probabilities of the answer's tokens.</summary>
    public bool LogProbs { get; init; }
}

/// <summary>Dollar limits that the contract sets; a command may ask for less, never for more per run.</summary>
public sealed record BudgetContract
{
    public Usd? Session { get; init; }

    public required Usd Run { get; init; }

    /// <summary>For models without a known price; null blocks them, because a run has a limit always.</summary>
    public UnknownPricePolicy? UnknownPrice { get; init; }
}
