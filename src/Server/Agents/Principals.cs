namespace Espalier.Server.Agents;

/// <summary>Who acts, as audit entries name them.</summary>
internal static class Principals
{
    /// <summary>Whoever holds the local token: the person at this machine.</summary>
    public const string Local = "local";
}
