namespace Espalier.Contracts.Agents;

/// <summary>One change that turns a version into another. Equal content gives an equal <see cref="Id"/>, whoever proposed it.</summary>
public sealed record Edit
{
    /// <summary><c>edit_</c> and a hash of kind, target, operation and payload.</summary>
    public required string Id { get; init; }

    /// <summary>The edit kind's name: <c>model</c>, <c>examples</c>, <c>memory</c>, <c>context</c>, <c>route</c>, <c>instruction</c>.</summary>
    public required string Kind { get; init; }

    /// <summary>What it changes, for conflicts: a path, or a path and a key in it (<c>models.yaml#triage</c>).</summary>
    public required string Target { get; init; }

    /// <summary>What it does, in the kind's own words: <c>swap</c>, <c>add</c>, <c>trim</c>.</summary>
    public required string Operation { get; init; }

    /// <summary>The kind's parameters as canonical JSON.</summary>
    public required string Payload { get; init; }

    /// <summary>One line for people: <c>use local/word-nn for slot triage</c>.</summary>
    public required string Title { get; init; }

    /// <summary>Why it was proposed, with the evidence in numbers.</summary>
    public required string Rationale { get; init; }
}
