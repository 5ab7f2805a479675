namespace Espalier.Gateway.Formats.Neutral;

/// <summary>Turns as they are read: what one side says in several places of a wire format becomes one turn.</summary>
internal sealed class Turns
{
    private readonly List<(TurnRole Role, List<Part> Parts)> _turns = [];

    /// <summary>Adds parts to the last turn when it is of the same side, else begins one.</summary>
    public void Add(TurnRole role, IEnumerable<Part> parts, bool join)
    {
        if (join && _turns.Count > 0 && _turns[^1].Role == role) _turns[^1].Parts.AddRange(parts);
        else _turns.Add((role, [.. parts]));
    }

    public IReadOnlyList<Turn> ToList() => [.. _turns.Select(turn => new Turn(turn.Role, turn.Parts))];
}
