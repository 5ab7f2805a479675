namespace Espalier.Workers.Sandboxes.Bubblewrap;

/// <summary>The few files of ours that a sandbox shows: its <c>/etc</c> and the system call filter.</summary>
/// <remarks>Host accounts, resolver and names stay outside; what programs insist on (a user, <c>localhost</c>) is made up.</remarks>
internal sealed record SupportFiles(string Etc, string? Filter, string EmptyFolder)
{
    public static SupportFiles Write(string stateFolder)
    {
        var root = Path.Combine(Path.GetFullPath(stateFolder), "support");
        var etc = Path.Combine(root, "etc");
        foreach (var folder in (string[])["alternatives", "ssl/certs"]) Directory.CreateDirectory(Path.Combine(etc, folder));
        Replace(Path.Combine(etc, "passwd"), "sandbox:x:1000:1000:sandbox:/work:/bin/sh\n"u8);
        Replace(Path.Combine(etc, "group"), "sandbox:x:1000:\n"u8);
        Replace(Path.Combine(etc, "hosts"), "127.0.0.1 localhost sandbox\n::1 localhost\n"u8);
        Replace(Path.Combine(etc, "nsswitch.conf"), "passwd: files\ngroup: files\nhosts: files\n"u8);
        Replace(Path.Combine(etc, "ld.so.cache"), ""u8);
        var filter = SeccompFilter.ForThisMachine();
        var filterFile = Path.Combine(root, "seccomp.bpf");
        if (filter is not null) Replace(filterFile, filter);
        var empty = Directory.CreateDirectory(Path.Combine(root, "empty")).FullName;
        return new SupportFiles(etc, filter is null ? null : filterFile, empty);
    }

    /// <summary>By rename, for another server may be reading the old one.</summary>
    private static void Replace(string path, ReadOnlySpan<byte> content)
    {
        if (File.Exists(path) && content.SequenceEqual(File.ReadAllBytes(path))) return;
        var draft = $"{path}.{ServerIdentity.Next()}";
        File.WriteAllBytes(draft, content);
        File.SetUnixFileMode(draft, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.GroupRead | UnixFileMode.OtherRead);
        File.Move(draft, path, overwrite: true);
    }
}
