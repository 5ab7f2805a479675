namespace Espalier.Contracts.Agents;

/// <summary>A tool server that an agent may reach through the gateway, as the contract declares it.</summary>
public sealed record ToolContract
{
    /// <summary>1 to 40 of <c>a-z</c>, <c>0-9</c> and <c>-</c>.</summary>
    public required string Name { get; init; }

    public required ToolProtocol Protocol { get; init; }

    /// <summary>Stdio only: run by <c>/bin/sh -c</c> on the server's machine, outside of any sandbox.</summary>
    public string? Command { get; init; }

    /// <summary>The MCP endpoint, or what the paths of a plain HTTP tool are added to.</summary>
    public Uri? Url { get; init; }

    /// <summary>Stdio only: variables of the command, with their values. Never secrets.</summary>
    public IReadOnlyDictionary<string, string> Environment { get; set; } = new Dictionary<string, string>();

    /// <summary>Names of secrets that the server's operator keeps; a command finds each as a variable of that name.</summary>
    public IReadOnlyList<string> Secrets { get; set; } = [];

    /// <summary>Headers of each request to <see cref="Url"/>; <c>${NAME}</c> stands for a secret.</summary>
    public IReadOnlyDictionary<string, string> Headers { get; set; } = new Dictionary<string, string>();

    /// <summary>Plain HTTP only: what may be asked, as method and path pattern: <c>GET /tickets/**</c>.</summary>
    public IReadOnlyList<string> Allow { get; set; } = [];

    /// <summary>Which calls change something outside.</summary>
    public ToolWrites Writes { get; set; } = ToolWrites.Annotated;

    /// <summary>Exceptions from <see cref="Writes"/> by tool name (or method and path), <c>*</c> stands for any characters.</summary>
    public IReadOnlyDictionary<string, ToolWrites> WritesByName { get; set; } = new Dictionary<string, ToolWrites>();

    /// <summary>What an evaluation does with a call that was never recorded.</summary>
    public ToolMiss Miss { get; set; } = ToolMiss.Fail;

    /// <summary>Of one call; 100 ms to 10 minutes.</summary>
    public required TimeSpan Timeout { get; init; }

    /// <summary>Largest answer in bytes.</summary>
    public required int MaxAnswerBytes { get; init; }
}

/// <summary>How a tool server is spoken to. Stdio and Http: MCP. Rest: plain HTTP.</summary>
public enum ToolProtocol
{
    Stdio,
    Http,
    Rest,
}

/// <summary>Whether calls change something outside. Annotated: as MCP annotations say, or the HTTP method; what says nothing writes.</summary>
public enum ToolWrites
{
    Always,
    Never,
    Annotated,
}

/// <summary>What an evaluation does with a call that was never recorded. Calls that write never reach the outside, whatever this says.</summary>
public enum ToolMiss
{
    /// <summary>The agent is shown an error.</summary>
    Fail,

    /// <summary>Calls that are known to change nothing are made for real and recorded.</summary>
    Readonly,

    /// <summary>The recorded answer to the nearest arguments is given, marked as simulated.</summary>
    Simulate,
}
