using Espalier.Contracts.Agents;
using Espalier.Contracts.Datasets;
using Espalier.Core.Judging.Judges.Tests;
using Espalier.Core.Shared;

namespace Espalier.Core.Judging;

/// <summary>Picks the judge that a contract asks for.</summary>
public sealed class JudgeSelector(IEnumerable<IJudge> judges)
{
    private readonly IReadOnlyList<IJudge> _judges = [.. judges];

    /// <summary>Tests that a case brings come before what the contract says.</summary>
    public IJudge For(AgentContract contract, Case one) => one.Tests is not null ? _judges.First(judge => judge is TestsJudge) : For(contract);

    /// <summary>The judge of cases without tests.</summary>
    public IJudge For(AgentContract contract) =>
        _judges.FirstOrDefault(judge => judge.IsAskedBy(contract.Judge))
        ?? throw new Refusal("judge-unknown", 422, "The contract asks for no judge.", $"Use one of {string.Join(", ", _judges.Select(judge => judge.Name))}.");
}
