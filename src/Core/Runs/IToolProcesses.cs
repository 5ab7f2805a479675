using Espalier.Contracts.Agents;

namespace Espalier.Core.Runs;

/// <summary>Starts tool servers of the protocol stdio on this machine, outside of any sandbox. Only declarations that an operator trusts get here.</summary>
public interface IToolProcesses
{
    /// <param name="tool">Its command.</param>
    /// <param name="variables">Its whole environment besides PATH, HOME and LANG.</param>
    /// <param name="cancellationToken">Gives up starting.</param>
    /// <exception cref="InvalidOperationException">It cannot be started here; the message says why.</exception>
    Task<ISandboxProcess> StartAsync(ToolContract tool, IReadOnlyDictionary<string, string> variables, CancellationToken cancellationToken);
}
