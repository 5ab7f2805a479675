namespace Espalier.Storage.Git;

/// <summary>The files of one tree. The bytes are shared between readers: never change them.</summary>
internal sealed record TreeFiles(IReadOnlyDictionary<string, byte[]> Bytes, IReadOnlySet<string> Executable)
{
    public long TotalBytes { get; } = Bytes.Sum(file => (long)file.Value.Length + file.Key.Length + 64);
}
