namespace Espalier.Storage.ChDb;

/// <summary>The embedded trace store: a child process that the server starts, watches and restarts.</summary>
public sealed record ChDbOptions
{
    public const string Section = "Traces:ChDb";

    /// <summary>Folder of the engine's files, its socket and its key. Default <c>.espalier/traces/chdb</c>; one folder has one owner.</summary>
    public string Path { get; set; } = ".espalier/traces/chdb";

    /// <summary>File of libchdb.so. Null, the default, searches (see <see cref="ChDbLibrary"/>).</summary>
    public string? Library { get; set; }

    /// <summary>File of the executable, <c>Espalier.ChDb.dll</c>. Null, the default, looks beside the server and in the build's output.</summary>
    public string? Executable { get; set; }

    /// <summary>Most memory of the engine in MiB. From 400, below which a full batch does not fit; default 1024.</summary>
    public int MemoryMib { get; set; } = 1024;

    /// <summary>How long the engine may take to open the store before it is started anew. Default 60 s: large stores open in under one.</summary>
    public TimeSpan StartTimeout { get; set; } = TimeSpan.FromSeconds(60);

    /// <summary>How often a running engine is asked whether it still answers. Default 15 s; two silences in a row restart it.</summary>
    public TimeSpan HealthInterval { get; set; } = TimeSpan.FromSeconds(15);
}
