namespace Espalier.Storage.ClickHouse;

/// <summary>The trace store as its client sees it: which server, and how what is written survives until it is there.</summary>
public sealed record ClickHouseOptions
{
    public const string Section = "Traces:ClickHouse";

    /// <summary>HTTP address of a ClickHouse server or cluster, version 26 or later. Null, the default, starts the embedded engine.</summary>
    public Uri? Url { get; set; }

    /// <summary>User at <see cref="Url"/>. Default <c>default</c>.</summary>
    public string User { get; set; } = "default";

    /// <summary>File whose first line is the user's password at <see cref="Url"/>; null, the default, for none.</summary>
    public string? PasswordFile { get; set; }

    /// <summary>Database of the tables; it must exist. Default <c>default</c>.</summary>
    public string Database { get; set; } = "default";

    /// <summary>Project that all rows belong to. Default <c>default</c>.</summary>
    public string Project { get; set; } = "default";

    /// <summary>Folder of the journal, on a local disk. Default <c>.espalier/traces/journal</c>; one folder has one owner.</summary>
    public string JournalPath { get; set; } = ".espalier/traces/journal";

    /// <summary>Bytes that may wait in the journal before writers are told to come back later. Default 4 GiB, about two million spans.</summary>
    public long JournalLimitBytes { get; set; } = 4L << 30;

    /// <summary>Rows in one batch. From 1 to 50,000; default 20,000: larger ones take memory without being faster.</summary>
    public int BatchRows { get; set; } = 20_000;

    /// <summary>How long rows are gathered before they are loaded when nobody asks for them. Default 100 ms: each load makes a part on disk.</summary>
    public TimeSpan BatchDelay { get; set; } = TimeSpan.FromMilliseconds(100);

    /// <summary>How far reading may lag behind writing before senders of telemetry are answered more slowly. Default 2 s.</summary>
    public TimeSpan MaxLag { get; set; } = TimeSpan.FromSeconds(2);

    /// <summary>Memory for traces whose root did not come yet, so that summing them up need not read them back with each batch. Default 64 MiB; 0 for none.</summary>
    public long FoldMemoryBytes { get; set; } = 64L << 20;

    /// <summary>Most time of one query. Default 60 s.</summary>
    public TimeSpan QueryTimeout { get; set; } = TimeSpan.FromSeconds(60);

    /// <summary>How long a query waits for a store that does not answer, such as an engine that restarts. Default 30 s.</summary>
    public TimeSpan Patience { get; set; } = TimeSpan.FromSeconds(30);
}
