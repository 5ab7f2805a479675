using System.Diagnostics;
using System.Text;
using Espalier.Core.Shared;
using Espalier.Storage.Git;

namespace Espalier.Storage.Tests.Git;

/// <summary>Repositories from elsewhere that try to run something, read something or never end.</summary>
public sealed class HostileSourceTests : IDisposable
{
    private readonly TemporaryFolder _data = new();
    private readonly TemporaryFolder _folder = new();
    private readonly SourceRepository _source = new();
    private readonly GitAgentRepository _repository;

    public HostileSourceTests() => _repository = new GitAgentRepository(new GitProgram(), _data["data"], TimeProvider.System);

    public static IEnumerable<TheoryDataRow<string, string>> OddTrees =>
    [
        new("120000 blob", "link"),
        new("100644 blob:.GIT", "git reads"),
        new("100644 blob:git~1", "git reads"),
        new("100644 blob:..", "leaves"),
        new("100644 blob:a\\b", "backslash"),
        new("100644 blob:-x", "dash"),
        new("100644 blob:a.", "dot or blank"),
        new("100644 blob:bell\u0007", "U+0007"),
        new("100644 blob:\u202Etxt", "U+202E"),
        new("160000 commit:sub", "submodule"),
        new("case", "case only"),
        new("latin1", "UTF-8"),
    ];

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    public void Dispose()
    {
        _data.Dispose();
        _folder.Dispose();
        _source.Dispose();
    }

    [Fact]
    public async Task ImportAsync_HooksFiltersAndConfigThatRunPrograms_RunNothing()
    {
        var ran = _data["ran"];
        var trap = _data.Write("trap.sh", $"#!/bin/sh\necho \"$0 $@\" >> {ran}\ncat\n");
        File.SetUnixFileMode(trap, (UnixFileMode)0b111_111_111);
        _source.Write(".gitattributes", "* filter=trap diff=trap merge=trap\n").Write("a.txt", "a\n").Commit();
        var head = _source.Write("a.txt", "b\n").Commit("second");
        foreach (var setting in new[]
        {
            "filter.trap.clean", "filter.trap.smudge", "filter.trap.process", "diff.trap.textconv", "diff.trap.command", "diff.external",
            "core.fsmonitor", "core.sshCommand", "core.pager", "core.editor", "core.askPass", "uploadpack.packObjectsHook", "credential.helper",
            "gpg.program", "sequence.editor", "core.alternateRefsCommand",
        }) _source.Run("config", setting, trap);
        _source.Run("config", "core.hooksPath", _data.Path);
        foreach (var hook in new[] { "post-checkout", "reference-transaction", "pre-auto-gc", "post-index-change", "upload-pack", "pre-receive", "post-update" })
        {
            Directory.CreateDirectory(Path.Combine(_source.Path, ".git/hooks"));
            File.Copy(trap, Path.Combine(_source.Path, ".git/hooks", hook), overwrite: true);
            File.Copy(trap, _data[hook], overwrite: true);
        }

        var version = await _repository.ImportAsync("support", _source.Path, Cancellation);
        version.Id.Value.ShouldBe(head);
        await _repository.ReadFilesAsync("support", version.Id, Cancellation);
        var next = await _repository.CommitAsync("support", version.Id, new Dictionary<string, byte[]?> { ["a.txt"] = "c\n"u8.ToArray() }, "edit", Cancellation);
        (await _repository.DiffAsync("support", version.Id, next.Id, Cancellation)).Patch.ShouldContain("+c");
        await _repository.MaterializeAsync("support", next.Id, _data["work"], Cancellation);
        File.Exists(ran).ShouldBeFalse(File.Exists(ran) ? await File.ReadAllTextAsync(ran, Cancellation) : "");

        // The traps are real: git run in the source itself walks into them.
        Should.NotThrow(() => Process.Start(new ProcessStartInfo("sh", ["-c", "git diff HEAD~ HEAD; touch a.txt; git status; git add -A; true"])
        {
            WorkingDirectory = _source.Path, UseShellExecute = false, RedirectStandardOutput = true, RedirectStandardError = true,
        })!.WaitForExit());
        File.Exists(ran).ShouldBeTrue();
    }

    [Theory]
    [MemberData(nameof(OddTrees))]
    public async Task ImportAsync_OddTree_IsRefusedWithThePath(string kind, string why)
    {
        var head = CommitOddTree(kind);
        var refusal = await Should.ThrowAsync<Refusal>(() => _repository.ImportAsync("support", _source.Path, Cancellation));
        // Git's own check of what it fetches refuses some of them before we do.
        if (!refusal.Message.Contains("fsck", StringComparison.OrdinalIgnoreCase)) refusal.Message.ShouldContain(why);
        refusal.Status.ShouldBe(422);
        (await Should.ThrowAsync<Refusal>(() => _repository.ResolveAsync("support", head, Cancellation))).Code.ShouldBe("version-not-found");
    }

    [Fact]
    public async Task ImportAsync_TreeBomb_StopsAtTheLimit()
    {
        var blob = _source.Feed("x", "hash-object", "-w", "--stdin");
        var tree = _source.Feed($"100644 blob {blob}\tx\n", "mktree");
        for (var level = 0; level < 12; level++)
            tree = _source.Feed(string.Concat(Enumerable.Range(0, 10).Select(i => $"040000 tree {tree}\td{i}\n")), "mktree");
        Point(tree);
        var watch = Stopwatch.StartNew();
        var refusal = await Should.ThrowAsync<Refusal>(() => _repository.ImportAsync("support", _source.Path, Cancellation));
        refusal.Code.ShouldBe("repository-too-large");
        watch.Elapsed.ShouldBeLessThan(TimeSpan.FromSeconds(20));
    }

    [Fact]
    public async Task ImportAsync_LargeFile_IsRefusedWithItsPath()
    {
        _source.Write("a.txt", "a");
        File.WriteAllBytes(Path.Combine(_source.Path, "big.bin"), new byte[(20 << 20) + 1]);
        _source.Commit();
        (await Should.ThrowAsync<Refusal>(() => _repository.ImportAsync("support", _source.Path, Cancellation))).Message.ShouldContain("big.bin");
        Directory.Delete(Path.Combine(_source.Path, ".git"), recursive: true);
        (await Should.ThrowAsync<Refusal>(() => _repository.ImportAsync("support", _source.Path, Cancellation))).Message.ShouldContain("big.bin");
    }

    [Fact]
    public async Task ImportAsync_RepositoryWithoutCommit_SaysSo() =>
        (await Should.ThrowAsync<Refusal>(() => _repository.ImportAsync("support", _source.Path, Cancellation))).Message.ShouldContain("no commit yet");

    [Fact]
    public async Task ImportAsync_BrokenRepository_SaysWhatGitSays()
    {
        _source.Write("a", "a").Commit();
        foreach (var file in Directory.EnumerateFiles(Path.Combine(_source.Path, ".git/objects"), "*", SearchOption.AllDirectories).Take(2)) File.Delete(file);
        (await Should.ThrowAsync<Refusal>(() => _repository.ImportAsync("support", _source.Path, Cancellation))).Code.ShouldBe("agent-folder-refused");
    }

    [Theory]
    [InlineData("file")]
    [InlineData("link")]
    [InlineData("commondir")]
    [InlineData("alternates")]
    [InlineData("objects")]
    public async Task ImportAsync_GitFolderThatPointsElsewhere_IsRefused(string kind)
    {
        _source.Write("a", "a").Commit();
        _folder.Write("a", "a");
        var git = Path.Combine(_source.Path, ".git");
        switch (kind)
        {
            case "file":
                _folder.Write(".git", $"gitdir: {git}\n");
                break;
            case "link":
                Directory.CreateSymbolicLink(_folder[".git"], git);
                break;
            default:
                Process.Start("cp", ["-r", git, _folder[".git"]]).WaitForExit();
                if (kind == "commondir") _folder.Write(".git/commondir", git);
                if (kind == "alternates") _folder.Write(".git/objects/info/alternates", $"{git}/objects\n");
                if (kind == "objects")
                {
                    Directory.Delete(_folder[".git/objects"], recursive: true);
                    Directory.CreateSymbolicLink(_folder[".git/objects"], $"{git}/objects");
                }

                break;
        }

        (await Should.ThrowAsync<Refusal>(() => _repository.ImportAsync("support", _folder.Path, Cancellation))).Code.ShouldBe("agent-folder-refused");
    }

    [Fact]
    public async Task ImportAsync_LinkInAPlainFolder_IsRefusedAndAPipeIsNotOpened()
    {
        _folder.Write("a", "a");
        Process.Start("mkfifo", [_folder["pipe"]]).WaitForExit();
        (await _repository.ReadFilesAsync("support", (await _repository.ImportAsync("support", _folder.Path, Cancellation)).Id, Cancellation))["pipe"].ShouldBeEmpty();
        File.CreateSymbolicLink(_folder["lib.txt"], "/etc/passwd");
        (await Should.ThrowAsync<Refusal>(() => _repository.ImportAsync("support", _folder.Path, Cancellation))).Message.ShouldContain("lib.txt");
        File.Delete(_folder["lib.txt"]);
        Directory.CreateSymbolicLink(_folder["lib"], "/etc");
        (await Should.ThrowAsync<Refusal>(() => _repository.ImportAsync("support", _folder.Path, Cancellation))).Message.ShouldContain("symbolic link");
    }

    [Fact]
    public async Task ImportAsync_BareRepositoryOrNothing_IsRefused()
    {
        _source.Write("a", "a").Commit();
        (await Should.ThrowAsync<Refusal>(() => _repository.ImportAsync("support", Path.Combine(_source.Path, ".git"), Cancellation))).Message.ShouldContain("bare");
        (await Should.ThrowAsync<Refusal>(() => _repository.ImportAsync("support", _folder.Path, Cancellation))).Message.ShouldContain("no files");
        (await Should.ThrowAsync<Refusal>(() => _repository.ImportAsync("support", _folder["nowhere"], Cancellation))).Status.ShouldBe(404);
    }

    private string CommitOddTree(string kind)
    {
        var blob = _source.Feed("x", "hash-object", "-w", "--stdin");
        byte[] Entry(string mode, string name) => [.. Encoding.UTF8.GetBytes($"{mode} {name}\0"), .. Convert.FromHexString(blob)];
        byte[] tree = kind switch
        {
            "120000 blob" => Entry("120000", "lib"),
            "160000 commit:sub" => Entry("160000", "sub"),
            "case" => [.. Entry("100644", "A"), .. Entry("100644", "a")],
            "latin1" => [.. "100644 "u8, 0xE9, 0, .. Convert.FromHexString(blob)],
            _ => Entry("100644", kind["100644 blob:".Length..]),
        };
        var file = _data.Write("tree", "");
        File.WriteAllBytes(file, tree);
        return Point(_source.Run("hash-object", "-w", "-t", "tree", "--literally", file));
    }

    private string Point(string tree)
    {
        var commit = _source.Run("commit-tree", tree, "-m", "odd");
        _source.Run("update-ref", "refs/heads/main", commit);
        return commit;
    }
}
