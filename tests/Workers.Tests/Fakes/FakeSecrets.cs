using Espalier.Contracts.Agents;
using Espalier.Core.Runs;

namespace Espalier.Workers.Tests.Fakes;

internal sealed class FakeSecrets : ISecrets
{
    public Dictionary<string, string> Values { get; } = [];

    public IReadOnlyDictionary<string, string> Read(string agent, RunContract contract) => contract.Secrets.ToDictionary(name => name, name => Values[name]);
}
