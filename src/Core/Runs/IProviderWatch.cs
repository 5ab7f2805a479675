using Espalier.Contracts.Agents;

namespace Espalier.Core.Runs;

/// <summary>Told of every answer of a provider, good or bad, as it comes.</summary>
public interface IProviderWatch
{
    /// <param name="provider">The provider's name.</param>
    /// <param name="version">Whose call it was; null when no version's.</param>
    /// <param name="limited">True when the provider said that it was asked too much.</param>
    void Answered(string provider, VersionId? version, bool limited);
}
