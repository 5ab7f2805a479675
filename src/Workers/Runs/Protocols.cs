using Espalier.Contracts.Agents;
using Espalier.Workers.Runs.Http;
using Espalier.Workers.Runs.Jsonl;
using Espalier.Workers.Runs.Stdio;

namespace Espalier.Workers.Runs;

/// <summary>Every protocol on one visible list.</summary>
internal static class Protocols
{
    private static readonly IReadOnlyList<IProtocol> All = [new StdioProtocol(), new JsonlProtocol(), new HttpProtocol()];

    public static IProtocol Of(RunContract contract) => All.First(protocol => protocol.Word == contract.Protocol);
}
