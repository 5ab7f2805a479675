using Espalier.Core.Runs;
using Espalier.Testing.Contracts;
using Espalier.Workers.Sandboxes.Bubblewrap;
using Espalier.Workers.Tests.Fakes;

namespace Espalier.Workers.Tests.Sandboxes;

/// <summary>Large folders are written over in memory instead of copied: the same to the program, and the folder stays as it is.</summary>
public sealed class OverlayTests : SandboxTrials
{
    private const int Files = 400;

    private readonly TestFolder _folder = new();
    private readonly BubblewrapSandbox _sandbox;

    public OverlayTests()
    {
        _sandbox = _folder.Bubblewrap();
        for (var i = 0; i < Files; i++) Write($"lib/part{i % 8}/file{i}.txt", $"content {i}");
        Write("agent.txt", "original");
    }

    protected override ISandbox Sandbox => _sandbox;

    [Fact]
    public async Task Check_ThisMachine_HasOverlays() => (await _sandbox.CheckAsync(Cancel)).Detail.ShouldContain("large folders as overlays");

    [Fact]
    public async Task Start_LargeFolder_IsAnOverlayOfTheProgramsOwn()
    {
        var (code, output, errors) = await RunAsync("grep -c ' /work overlay ' /proc/mounts; stat -c %U . agent.txt lib; find . -type f | wc -l; cat lib/part3/file3.txt");
        code.ShouldBe(0, errors);
        output.ShouldBe($"1\nsandbox\nsandbox\nsandbox\n{Files + 1}\ncontent 3");
        (await RunAsync("cat /proc/mounts /proc/self/mountinfo")).Output.ShouldNotContain(Source, Case.Sensitive, "no path of the host is told");
    }

    [Fact]
    public async Task Start_SmallFolder_IsCopied()
    {
        Directory.Delete(Path.Combine(Source, "lib"), recursive: true);
        (await RunAsync("grep -c ' /work tmpfs ' /proc/mounts; cat agent.txt")).Output.ShouldBe("1\noriginal");
    }

    [Fact]
    public async Task Write_Anything_NeverReachesTheFolder()
    {
        var before = Snapshot();
        var (code, output, errors) = await RunAsync("""
            set -e
            echo changed > agent.txt
            echo more >> lib/part1/file1.txt
            rm lib/part2/file2.txt
            mv lib/part3 lib/moved
            rm -r lib/part4
            mkdir lib/part4 && touch lib/part4/new
            chmod 600 lib/part5/file5.txt
            ln lib/part6/file6.txt lib/part6/linked && echo through >> lib/part6/linked
            python3 -c 'import mmap; f = open("lib/part7/file7.txt", "r+b"); m = mmap.mmap(f.fileno(), 0); m[0:3] = b"XXX"; m.flush()'
            python3 -c 'import os; os.truncate("lib/part0/file0.txt", 1)'
            cat agent.txt lib/moved/file3.txt lib/part7/file7.txt; ls lib/part4
            """);
        code.ShouldBe(0, errors);
        output.ShouldBe("changed\ncontent 3XXXtent 7new");
        Snapshot().ShouldBe(before);

        // The next program finds the files as they were.
        (await RunAsync("cat agent.txt; ls lib | wc -l; cat lib/part2/file2.txt")).Output.ShouldBe("original8\ncontent 2");
    }

    [Fact]
    public async Task Write_MoreThanTheDisk_IsHeldThereToo()
    {
        var spec = Spec("head -c 20000000 /dev/zero > big") with { DiskBytes = 8 << 20 };
        var (code, _, errors) = await RunAsync(spec);
        code.ShouldNotBe(0);
        errors.ShouldContain("No space left");
        (await RunAsync(spec with { DiskBytes = 64 << 20 })).Code.ShouldBe(0);
        errors = (await RunAsync(Spec("i=0; while [ $i -lt 2000 ]; do : > new$i || exit 1; i=$((i+1)); done") with { DiskFiles = 1024 })).Stderr;
        errors.ShouldContain("No space left");
    }

    [Fact]
    public async Task Start_ManyAtOnce_DoNotSeeEachOther()
    {
        var outputs = await Task.WhenAll(Enumerable.Range(0, 8).Select(i => RunAsync($"echo {i} > agent.txt; cat agent.txt")));
        outputs.Select(end => end.Output).ShouldBe(Enumerable.Range(0, 8).Select(i => $"{i}"));
        File.ReadAllText(Path.Combine(Source, "agent.txt")).ShouldBe("original");
    }

    public override async ValueTask DisposeAsync()
    {
        await _sandbox.DisposeAsync();
        _folder.Dispose();
        await base.DisposeAsync();
    }

    /// <summary>Every entry with its mode, size, time and content.</summary>
    private string Snapshot() => string.Join('\n', new DirectoryInfo(Source).EnumerateFileSystemInfos("*", SearchOption.AllDirectories)
        .OrderBy(entry => entry.FullName, StringComparer.Ordinal)
        .Select(entry => $"{entry.FullName} {entry.Attributes} {entry.LastWriteTimeUtc:O} {(entry is FileInfo file ? File.ReadAllText(file.FullName) : "")}"));
}
