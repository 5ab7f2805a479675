namespace Espalier.Storage.Sqlite;

/// <summary>What a finished write survives. Both survive a killed process; they differ when the machine loses power.</summary>
internal enum Durability
{
    /// <summary>The last writes may be lost with the power: what can be computed again.</summary>
    Process,

    /// <summary>Nothing that was acknowledged is lost: money, events, releases, audit.</summary>
    Power,
}
