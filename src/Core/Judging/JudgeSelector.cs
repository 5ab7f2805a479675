using Espalier.Contracts.Agents;
using Espalier.Core.Shared;

namespace Espalier.Core.Judging;

/// <summary>Picks the judge that a contract asks for.</summary>
public sealed class JudgeSelector(IEnumerable<IJudge> judges)
{
    private readonly IReadOnlyList<IJudge> _judges = [.. judges];

    public IJudge For(AgentContract contract) =>
        _judges.FirstOrDefault(judge => judge.IsAskedBy(contract.Judge))
        ?? throw new Refusal("judge-unknown", 422, "The contract asks for no judge.", $"Use one of {string.Join(", ", _judges.Select(judge => judge.Name))}.");
}
