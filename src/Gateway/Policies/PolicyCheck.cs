using Espalier.Contracts.Agents;
using Espalier.Core.Agents;
using Espalier.Core.Shared;

namespace Espalier.Gateway.Policies;

/// <summary>Checks a version's policy files before anything is spent on it.</summary>
public sealed class PolicyCheck
{
    private readonly PolicyCompiler _compiler;
    private readonly IAgentRepository _repository;

    internal PolicyCheck(PolicyCompiler compiler, IAgentRepository repository)
    {
        _compiler = compiler;
        _repository = repository;
    }

    /// <summary>The first problem of each file; none when all are good or absent.</summary>
    public IReadOnlyList<PolicyProblem> Check(IReadOnlyDictionary<string, byte[]> files)
    {
        var problems = new List<PolicyProblem>();
        foreach (var file in PolicyCompiler.FileNames)
        {
            try
            {
                _compiler.Check(file, files);
            }
            catch (Refusal refusal)
            {
                problems.Add(new PolicyProblem(file, refusal.What, refusal.Fix));
            }
        }

        return problems;
    }

    public async Task<IReadOnlyList<PolicyProblem>> CheckAsync(string agent, VersionId version, CancellationToken cancellationToken) =>
        Check(await _repository.ReadFilesAsync(agent, version, cancellationToken));
}
