using Espalier.Contracts.Agents;
using Espalier.Core.Runs;

namespace Espalier.Workers.Runs.Jsonl;

/// <summary>A process that stays: a JSON line in, a JSON line out, one request at a time.</summary>
internal sealed class JsonlProtocol : IProtocol
{
    public RunProtocol Word => RunProtocol.Jsonl;

    public bool IsWarm => true;

    public bool Listens => false;

    public IAgentProcess Attach(ISandboxProcess process, RunContract contract, int outputBytes) => new JsonlAgent(process, contract, outputBytes);
}
