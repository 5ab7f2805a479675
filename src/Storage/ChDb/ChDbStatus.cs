namespace Espalier.Storage.ChDb;

/// <summary>How the embedded trace store is doing, for <c>doctor</c> and health checks.</summary>
public sealed record ChDbStatus
{
    public required bool Running { get; init; }

    /// <summary>Why it cannot run, with the fix; null while it runs or is about to.</summary>
    public string? Problem { get; init; }

    /// <summary>Process of the engine; null when none runs.</summary>
    public int? ProcessId { get; init; }

    /// <summary>How often it had to be started again since the server started.</summary>
    public required int Restarts { get; init; }

    /// <summary>The library in use; null when none was found.</summary>
    public string? Library { get; init; }

    /// <summary>The last lines that the engine wrote to its standard error, oldest first.</summary>
    public required IReadOnlyList<string> LastLines { get; init; }
}
