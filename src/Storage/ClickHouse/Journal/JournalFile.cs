namespace Espalier.Storage.ClickHouse.Journal;

/// <summary>One file of the journal: full, or closed because it is about to be loaded.</summary>
/// <param name="Rows">Rows in it; unknown, and zero, when it was left by an earlier process.</param>
internal sealed record JournalFile(long Number, string Path, long Bytes, int Rows)
{
    public const string Extension = ".journal";

    /// <summary>The records that are whole, up to the first that is not.</summary>
    /// <remarks>A torn record is the last one of a process that was killed while it wrote; its writer was never told that it is stored.</remarks>
    /// <exception cref="InvalidDataException">The file is of an earlier form, or longer than any that is written.</exception>
    public async Task<JournalContent> ReadAsync(CancellationToken cancellationToken)
    {
        await using var file = new FileStream(Path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete, 0, useAsync: true);
        if (file.Length > Array.MaxLength) throw new InvalidDataException($"{Path} has {file.Length} bytes, more than any journal file.");
        var bytes = BatchMemory.Pool.Rent((int)file.Length);
        try
        {
            var length = await file.ReadAtLeastAsync(bytes, (int)file.Length, throwOnEndOfStream: false, cancellationToken);
            return JournalContent.Of(bytes, length);
        }
        catch
        {
            BatchMemory.Pool.Return(bytes);
            throw;
        }
    }
}
