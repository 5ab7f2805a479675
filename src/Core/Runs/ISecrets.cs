using Espalier.Contracts.Agents;

namespace Espalier.Core.Runs;

/// <summary>The values of the secrets that contracts name.</summary>
public interface ISecrets
{
    /// <summary>Every declared secret by its name.</summary>
    /// <exception cref="Espalier.Core.Shared.Refusal"><c>secret-missing</c>: one has no value here.</exception>
    IReadOnlyDictionary<string, string> Read(string agent, RunContract contract);
}
