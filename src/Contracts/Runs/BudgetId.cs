using System.Text.Json.Serialization;
using Espalier.Contracts.Shared;

namespace Espalier.Contracts.Runs;

/// <summary>A line of the ledger, with its parents before it: <c>production</c>, <c>session/ID/search</c>.</summary>
[JsonConverter(typeof(StringIdConverter<BudgetId>))]
public readonly record struct BudgetId(string Value) : IStringId<BudgetId>
{
    public static BudgetId From(string value) => new(value);

    public override string ToString() => Value;
}
