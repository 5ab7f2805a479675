using Espalier.Contracts.Shared;

namespace Espalier.Contracts.Traces;

/// <summary>How the cost of one attempt was computed, so that every nano-dollar of it can be explained and computed again.</summary>
/// <remarks>Kept with the attempt's span as JSON in its attribute <c>bill</c>.</remarks>
public sealed record Bill
{
    /// <summary>The attribute of an attempt's span that holds it.</summary>
    public const string Attribute = "bill";

    /// <summary>The row of the table: <c>provider/model</c>.</summary>
    public required string Model { get; init; }

    /// <summary>The day from which that row holds.</summary>
    public required DateOnly EffectiveFrom { get; init; }

    /// <summary>Version of the price table.</summary>
    public required string Table { get; init; }

    /// <summary>The service tier that answered, when it was not the ordinary one: <c>flex</c>.</summary>
    public string? ServiceTier { get; init; }

    /// <summary>The prompt size in tokens above which these rates hold, when there is one.</summary>
    public long? AbovePromptTokens { get; init; }

    /// <summary>The place whose factor is in the rates, when there is one.</summary>
    public string? Region { get; init; }

    /// <summary>Lines of quantity zero are left out.</summary>
    public required IReadOnlyList<BillLine> Lines { get; init; }

    /// <summary>The exact sum of the lines.</summary>
    public Usd Total()
    {
        var total = Usd.Zero;
        foreach (var line in Lines) total += line.Amount;
        return total;
    }
}
