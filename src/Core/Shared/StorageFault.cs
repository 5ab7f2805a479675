namespace Espalier.Core.Shared;

/// <summary>The place where things are kept is broken: full, read-only, in use, too new. Nobody's mistake in a request; an operator must act.</summary>
/// <remarks>Whatever was being written when this was thrown is not there at all.</remarks>
public sealed class StorageFault(string code, string path, string what, string fix, Exception? inner = null)
    : Exception($"{what} {fix}", inner)
{
    public const string Full = "storage-full";

    public const string ReadOnly = "storage-read-only";

    public const string Locked = "storage-locked";

    public const string SchemaTooNew = "storage-schema-too-new";

    public const string SchemaChanged = "storage-schema-changed";

    public const string Damaged = "storage-damaged";

    public const string ProgramMissing = "storage-program-missing";

    public const string Unavailable = "storage-unavailable";

    /// <summary>Stable, lower-case; one of the constants above.</summary>
    public string Code { get; } = code;

    /// <summary>The folder or file that it is about.</summary>
    public string Path { get; } = path;

    /// <summary>What was wrong, with the path.</summary>
    public string What { get; } = what;

    /// <summary>What to do about it.</summary>
    public string Fix { get; } = fix;
}
