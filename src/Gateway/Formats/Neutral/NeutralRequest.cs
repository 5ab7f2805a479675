using System.Text.Json;

namespace Espalier.Gateway.Formats.Neutral;

/// <summary>A request in no vendor's words: what one format's reader finds and another's writer says.</summary>
/// <remarks>Null is what the request did not say. Numbers are kept as they were meant, schemas and metadata as JSON.</remarks>
internal sealed record NeutralRequest
{
    public required string Model { get; init; }

    public bool Stream { get; init; }

    /// <summary>Whether a stream's usage is asked for where that has to be.</summary>
    public bool StreamUsage { get; init; }

    /// <summary>In order; instructions may stand between turns where the format allows it.</summary>
    public required IReadOnlyList<Turn> Turns { get; init; }

    public IReadOnlyList<Tool> Tools { get; init; } = [];

    public ToolChoice? ToolChoice { get; init; }

    public bool? ParallelTools { get; init; }

    public long? MaxTokens { get; init; }

    public double? Temperature { get; init; }

    public double? TopP { get; init; }

    public long? TopK { get; init; }

    public long? Seed { get; init; }

    public double? FrequencyPenalty { get; init; }

    public double? PresencePenalty { get; init; }

    public IReadOnlyList<string> Stop { get; init; } = [];

    public int Choices { get; init; } = 1;

    public bool Logprobs { get; init; }

    public int? TopLogprobs { get; init; }

    public OutputShape? Output { get; init; }

    public Reasoning? Reasoning { get; init; }

    /// <summary>An end user's id.</summary>
    public string? User { get; init; }

    public string? ServiceTier { get; init; }

    public string? Verbosity { get; init; }

    /// <summary>A JSON object of the caller's own.</summary>
    public JsonElement? Metadata { get; init; }
}

/// <summary>What one side says.</summary>
internal sealed record Turn(TurnRole Role, IReadOnlyList<Part> Parts)
{
    public bool IsInstruction => Role is TurnRole.System or TurnRole.Developer;
}

internal enum TurnRole
{
    System,
    Developer,
    User,
    Assistant,

    /// <summary>Results of tools.</summary>
    Tool,
}

/// <summary>A function that the model may call.</summary>
internal sealed record Tool(string Name, string? Description, JsonElement? Schema)
{
    public bool? Strict { get; init; }

    public CacheMark? Cache { get; init; }
}

/// <param name="Mode">What the model must do.</param>
/// <param name="Name">The tool, when it must be that one.</param>
internal sealed record ToolChoice(ToolMode Mode, string? Name = null);

internal enum ToolMode
{
    Auto,
    None,
    Required,
    Named,
}

/// <param name="Schema">Null: any JSON.</param>
internal sealed record OutputShape(JsonElement? Schema, string? Name = null, string? Description = null, bool? Strict = null);

/// <param name="Effort"><c>minimal</c>, <c>low</c>, <c>medium</c>, <c>high</c>; null when a number of tokens is told, or nothing.</param>
/// <param name="Tokens">Most tokens of reasoning; 0 switches it off, null leaves it to the model.</param>
/// <param name="Show">Whether the caller wants to see it.</param>
internal sealed record Reasoning(string? Effort, long? Tokens, bool? Show);
