using Espalier.Contracts.Agents;
using Espalier.Core.Agents;
using Espalier.Core.Shared;
using Espalier.Gateway.Text;

namespace Espalier.Gateway.Policies;

/// <summary>The compiled policies of the versions used last. A version never changes, so neither does what its files mean, or that they are wrong.</summary>
internal sealed class PolicyCache(IAgentRepository repository, PolicyCompiler compiler)
{
    private const int KeptVersions = 512;

    private readonly BoundedCache<(string, VersionId), Lazy<Task<VersionPolicies>>> _compiled = new(KeptVersions);

    /// <exception cref="Refusal">A policy file is wrong.</exception>
    public async Task<VersionPolicies> GetAsync(string agent, VersionId version, CancellationToken cancellationToken)
    {
        var key = (agent, version);
        var entry = _compiled.GetOrAdd(key, _ => new Lazy<Task<VersionPolicies>>(() => CompileAsync(agent, version)));
        try
        {
            return await entry.Value.WaitAsync(cancellationToken);
        }
        catch (Exception e) when (e is not Refusal && entry.Value.IsFaulted)
        {
            // The repository could not be read: the next call tries again.
            _compiled.Remove(key);
            throw;
        }
    }

    // Shared by all callers, so no caller's cancellation may end it.
    private async Task<VersionPolicies> CompileAsync(string agent, VersionId version) =>
        compiler.Compile(await repository.ReadFilesAsync(agent, version, CancellationToken.None));
}
