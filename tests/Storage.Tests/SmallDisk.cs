using System.Diagnostics;

namespace Espalier.Storage.Tests;

/// <summary>A real file system of a few hundred KiB that can be filled, emptied and made read-only. Needs the right to mount, as CI has it.</summary>
internal sealed class SmallDisk : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public SmallDisk(int kibibytes)
    {
        if (Run("mount", "-t", "tmpfs", "-o", $"size={kibibytes}k", "espalier-test", _folder.Path) is { } error)
            Assert.Fail($"A full disk cannot be tested without the right to mount one: run the tests as root ({error}).");
    }

    public string Path => _folder.Path;

    /// <summary>Takes all the room that is left.</summary>
    public void Fill()
    {
        using var filler = new FileStream(_folder["filler"], FileMode.Create, FileAccess.Write, FileShare.None, bufferSize: 0);
        foreach (var size in new[] { 4096, 512, 64, 1 })
        {
            try
            {
                while (true) filler.Write(new byte[size]);
            }
            catch (IOException)
            {
                // Full for blocks of this size.
            }
        }
    }

    public void Free() => File.Delete(_folder["filler"]);

    public void MakeReadOnly() => Run("mount", "-o", "remount,ro", _folder.Path).ShouldBeNull();

    public void Dispose()
    {
        Run("umount", "--lazy", _folder.Path);
        _folder.Dispose();
    }

    private static string? Run(string program, params string[] arguments)
    {
        using var process = Process.Start(new ProcessStartInfo(program, arguments) { UseShellExecute = false, RedirectStandardError = true })!;
        var errors = process.StandardError.ReadToEnd();
        process.WaitForExit();
        return process.ExitCode == 0 ? null : errors.Trim();
    }
}
