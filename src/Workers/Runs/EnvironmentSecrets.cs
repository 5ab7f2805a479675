using Espalier.Contracts.Agents;
using Espalier.Core.Runs;
using Espalier.Core.Shared;

namespace Espalier.Workers.Runs;

/// <summary>Secrets from the server's environment, where a name of their own lets them out: <c>ESPALIER_SECRET_NAME</c>, nothing else of it.</summary>
internal sealed class EnvironmentSecrets : ISecrets
{
    public const string Prefix = "ESPALIER_SECRET_";

    private static readonly IReadOnlyDictionary<string, string> None = new Dictionary<string, string>();

    public IReadOnlyDictionary<string, string> Read(string agent, RunContract contract) => contract.Secrets.Count == 0
        ? None
        : contract.Secrets.Distinct().ToDictionary(name => name, name => Environment.GetEnvironmentVariable(Prefix + name) is { Length: > 0 } value
            ? value
            : throw new Refusal(
                "secret-missing", 422, $"The contract of '{agent}' names the secret {name}, and the server has no value for it.",
                $"Set it in the server's environment as {Prefix}{name} and start the server again, or remove it from run.secrets."));
}
