using Espalier.Contracts.Agents;
using Espalier.Core.Runs;

namespace Espalier.Workers.Runs.Http;

/// <summary>A process that stays and serves HTTP on <c>$PORT</c>, one request at a time or a few at once.</summary>
internal sealed class HttpProtocol : IProtocol
{
    public RunProtocol Word => RunProtocol.Http;

    public bool IsWarm => true;

    public bool Listens => true;

    public IAgentProcess Attach(ISandboxProcess process, RunContract contract, int outputBytes) => new HttpAgent(process, contract, outputBytes);
}
