using System.Diagnostics;
using System.Text;
using Espalier.Contracts.Agents;
using Espalier.Core.Shared;
using Espalier.Storage.Git;

namespace Espalier.Storage.Tests.Git;

public sealed class GitAgentRepositoryTests : IDisposable
{
    private const string Agent = "support";

    private readonly TemporaryFolder _data = new();
    private readonly TemporaryFolder _source = new();
    private readonly GitAgentRepository _repository;

    public GitAgentRepositoryTests() => _repository = Open();

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    public void Dispose()
    {
        _data.Dispose();
        _source.Dispose();
    }

    [Fact]
    public async Task ImportAsync_PlainFolder_TakesItsFilesWithoutTheLitter()
    {
        _source.Write("espalier.yaml", "agent: support\n");
        _source.Write("lib/deep/er/tool.py", "pass\n");
        _source.Write("empty.txt", "");
        _source.Write("with blank ä 漢 \"quoted\".md", "x");
        foreach (var litter in new[] { ".git-not/x", ".espalier/espalier.db", "__pycache__/a.pyc", "lib/__pycache__/a.pyc", "node_modules/m/i.js", "lib/.git/config" })
            _source.Write(litter, "x");
        var version = await _repository.ImportAsync(Agent, _source.Path, Cancellation);
        (version.Agent, version.Parent, version.Title).ShouldBe((Agent, null, "Snapshot of the agent's folder"));

        foreach (var repository in new[] { _repository, Open() })
        {
            var files = await repository.ReadFilesAsync(Agent, version.Id, Cancellation);
            files.Keys.Order(StringComparer.Ordinal).ShouldBe([".git-not/x", "empty.txt", "espalier.yaml", "lib/deep/er/tool.py", "with blank ä 漢 \"quoted\".md"]);
            Encoding.UTF8.GetString(files["lib/deep/er/tool.py"]).ShouldBe("pass\n");
            files["empty.txt"].ShouldBeEmpty();
            (await repository.FindAsync(Agent, version.Id, Cancellation)).ShouldBe(version);
        }
    }

    [Fact]
    public async Task ImportAsync_EqualFiles_GiveAnEqualVersionEverywhere()
    {
        using var copy = new TemporaryFolder();
        foreach (var folder in new[] { _source, copy }) folder.Write("a/b.txt", "same");
        var first = await _repository.ImportAsync(Agent, _source.Path, Cancellation);
        var second = await Open("other").ImportAsync(Agent, copy.Path, Cancellation);
        second.ShouldBe(first);
        (await _repository.ImportAsync(Agent, _source.Path, Cancellation)).ShouldBe(first);
    }

    [Fact]
    public async Task ImportAsync_FolderInsideARepository_IsASnapshotOfTheFolder()
    {
        using var parent = new SourceRepository();
        parent.Write("agent/espalier.yaml", "x").Write("secret.txt", "not ours");
        var head = parent.Commit();
        var version = await _repository.ImportAsync(Agent, Path.Combine(parent.Path, "agent"), Cancellation);
        version.Id.Value.ShouldNotBe(head);
        (await _repository.ReadFilesAsync(Agent, version.Id, Cancellation)).Keys.ShouldBe(["espalier.yaml"]);
    }

    [Fact]
    public async Task ImportAsync_WorkTree_IsItsHeadWithoutWhatIsNotCommitted()
    {
        using var source = new SourceRepository();
        source.Write("espalier.yaml", "one").Commit("first");
        var head = source.Write("prompt.md", "Be kind.").Commit("Say how\n\nbecause");
        source.Write("espalier.yaml", "changed").Write("new.txt", "new");
        var version = await _repository.ImportAsync(Agent, source.Path, Cancellation);
        version.ShouldBe(new AgentVersion
        {
            Agent = Agent, Id = new VersionId(head), Tree = new TreeId(source.Run("rev-parse", "HEAD^{tree}")), Parent = null, Title = "Say how",
        });
        foreach (var repository in new[] { _repository, Open() })
        {
            var files = await repository.ReadFilesAsync(Agent, version.Id, Cancellation);
            files.Keys.Order(StringComparer.Ordinal).ShouldBe(["espalier.yaml", "prompt.md"]);
            Encoding.UTF8.GetString(files["espalier.yaml"]).ShouldBe("one");
        }

        var next = source.Commit("third");
        (await _repository.ImportAsync(Agent, source.Path, Cancellation)).Id.Value.ShouldBe(next);
        (await _repository.FindAsync(Agent, version.Id, Cancellation)).ShouldBe(version);
    }

    [Fact]
    public async Task ImportAsync_ShallowCloneWithOddPath_Works()
    {
        using var source = new SourceRepository();
        source.Write("a", "1").Commit();
        source.Write("a", "2").Commit("second");
        var shallow = _source["a b%20#ä?\"q"];
        source.Run("clone", "--quiet", "--depth=1", "file://" + source.Path, shallow);
        (await _repository.ImportAsync(Agent, shallow, Cancellation)).Id.Value.ShouldBe(source.Head);
    }

    [Fact]
    public async Task ImportAsync_SourceOfAnotherUser_Works()
    {
        using var source = new SourceRepository();
        var head = source.Write("a", "1").Commit();
        if (Environment.UserName != "root") Assert.Fail("Only root can give a folder to another user; run the tests as root, as CI does.");
        Process.Start("chown", ["-R", "nobody", source.Path]).WaitForExit();
        (await _repository.ImportAsync(Agent, source.Path, Cancellation)).Id.Value.ShouldBe(head);
    }

    [Fact]
    public async Task CommitAsync_SameChangesOnTheSameParent_GiveTheSameVersionAnywhere()
    {
        _source.Write("espalier.yaml", "x");
        _source.Write("lib/a.py", "a");
        File.SetUnixFileMode(_source.Write("run.sh", "#!/bin/sh\n"), (UnixFileMode)0b111_101_101);
        Dictionary<string, byte[]?> changes = new()
        {
            ["run.sh"] = "#!/bin/sh\nexit 0\n"u8.ToArray(), ["lib/a.py"] = null, ["prompts/new/p.md"] = "done\nM 100644 inline evil\ndata 1\nx\n"u8.ToArray(),
        };
        var versions = new List<AgentVersion>();
        foreach (var repository in new[] { _repository, Open("other") })
        {
            var root = await repository.ImportAsync(Agent, _source.Path, Cancellation);
            versions.Add(await repository.CommitAsync(Agent, root.Id, changes, "Use fewer words\n\nBecause.\u0007\n\n", Cancellation));
            versions.Add(await repository.CommitAsync(Agent, root.Id, changes, "Use fewer words\n\nBecause.", Cancellation));
            versions[^1].Parent.ShouldBe(root.Id);
            versions[^1].Title.ShouldBe("Use fewer words");
        }

        versions.Distinct().ShouldHaveSingleItem();
        foreach (var repository in new[] { _repository, Open() })
        {
            (await repository.FindAsync(Agent, versions[0].Id, Cancellation)).ShouldBe(versions[0]);
            var files = await repository.ReadFilesAsync(Agent, versions[0].Id, Cancellation);
            files.Keys.Order(StringComparer.Ordinal).ShouldBe(["espalier.yaml", "prompts/new/p.md", "run.sh"]);
            files["prompts/new/p.md"].ShouldBe(changes["prompts/new/p.md"]);
        }

        var next = await Open().CommitAsync(Agent, versions[0].Id, new Dictionary<string, byte[]?> { ["b"] = [1] }, "second", Cancellation);
        InRepository("cat-file", "commit", next.Id.Value).ShouldContain("committer Espalier <espalier@localhost> 946684802 +0000");
        InRepository("fsck", "--strict", "--no-dangling").ShouldBe("");
        InRepository("for-each-ref", "--format=%(refname)").Split('\n').ShouldAllBe(name => name.StartsWith("refs/espalier/"));
    }

    [Fact]
    public async Task CommitAsync_ManyAtOnce_AllLand()
    {
        _source.Write("a", "0");
        var root = await _repository.ImportAsync(Agent, _source.Path, Cancellation);
        var versions = await Task.WhenAll(Enumerable.Range(0, 24).Select(i => Task.Run(() => _repository.CommitAsync(
            Agent, root.Id, new Dictionary<string, byte[]?> { ["a"] = [(byte)(i / 2)] }, "edit", Cancellation))));
        versions.Select(version => version.Id).Distinct().Count().ShouldBe(12);
        foreach (var version in versions)
            (await Open().ReadFilesAsync(Agent, version.Id, Cancellation))["a"].ShouldHaveSingleItem();
    }

    [Theory]
    [InlineData("espalier.yaml", "contract")]
    [InlineData("../outside", "leaves its folder")]
    [InlineData("/etc/passwd", "empty name")]
    [InlineData("a//b", "empty name")]
    [InlineData("a/.GIT/config", "git reads")]
    [InlineData(".git", "git reads")]
    [InlineData(".git. ", "dot or blank")]
    [InlineData("git~1/hooks/x", "git reads")]
    [InlineData(".g\u200cit/config", "U+200C")]
    [InlineData(".git::$INDEX_ALLOCATION", "colon")]
    [InlineData("a\\b", "backslash")]
    [InlineData("a\nb", "U+000A")]
    [InlineData("a\u202Eb", "U+202E")]
    [InlineData("-rf", "dash")]
    [InlineData("e\u0301.md", "NFC")]
    [InlineData("A.txt", "case only")]
    [InlineData("a.txt/b", "file and a folder")]
    [InlineData("lib", "file and a folder")]
    public async Task CommitAsync_PathThatMeansSomethingElseSomewhere_IsRefused(string path, string why)
    {
        _source.Write("a.txt", "a");
        _source.Write("lib/b.txt", "b");
        var root = await _repository.ImportAsync(Agent, _source.Path, Cancellation);
        var refusal = await Should.ThrowAsync<Refusal>(() => _repository.CommitAsync(
            Agent, root.Id, new Dictionary<string, byte[]?> { [path] = [1] }, "edit", Cancellation));
        refusal.Message.ShouldContain(why);
        InRepository("for-each-ref", "--format=%(objectname)").ShouldBe(root.Id.Value);
    }

    [Fact]
    public async Task CommitAsync_DeletionOfWhatIsNotThere_IsRefused()
    {
        _source.Write("a.txt", "a");
        var root = await _repository.ImportAsync(Agent, _source.Path, Cancellation);
        await Should.ThrowAsync<Refusal>(() => _repository.CommitAsync(
            Agent, root.Id, new Dictionary<string, byte[]?> { ["b.txt"] = null }, "edit", Cancellation));
    }

    [Fact]
    public async Task ResolveAsync_Prefix_FindsTheVersionOrNamesTheNearest()
    {
        _source.Write("a.txt", "a");
        var root = await _repository.ImportAsync(Agent, _source.Path, Cancellation);
        foreach (var repository in new[] { _repository, Open() })
        {
            (await repository.ResolveAsync(Agent, root.Id.Value, Cancellation)).ShouldBe(root);
            (await repository.ResolveAsync(Agent, root.Id.Value[..4].ToUpperInvariant(), Cancellation)).ShouldBe(root);
        }

        var last = root.Id.Value[5] == '0' ? '1' : '0';
        var unknown = await Should.ThrowAsync<Refusal>(() => _repository.ResolveAsync(Agent, root.Id.Value[..5] + last, Cancellation));
        (unknown.Status, unknown.Code).ShouldBe((404, "version-not-found"));
        unknown.Fix.ShouldContain(root.Id.Value[..12]);
        foreach (var odd in new[] { "abc", "HEAD", "--upload-pack=touch", "deadbeef\n", "", new string('a', 41) })
            (await Should.ThrowAsync<Refusal>(() => _repository.ResolveAsync(Agent, odd, Cancellation))).Code.ShouldBe("version-name-malformed");
    }

    [Fact]
    public async Task ResolveAsync_PrefixOfSeveral_ListsThem()
    {
        _source.Write("a.txt", "a");
        var root = await _repository.ImportAsync(Agent, _source.Path, Cancellation);
        // Versions are reproducible, so these two begin alike wherever they are made.
        var ids = new List<string>();
        foreach (var number in new[] { 129, 202 })
        {
            var changes = new Dictionary<string, byte[]?> { ["a.txt"] = BitConverter.GetBytes(number) };
            ids.Add((await _repository.CommitAsync(Agent, root.Id, changes, "edit", Cancellation)).Id.Value);
        }

        ids.ShouldAllBe(id => id.StartsWith("6dc7"));
        var refusal = await Should.ThrowAsync<Refusal>(() => _repository.ResolveAsync(Agent, "6dc7", Cancellation));
        refusal.Code.ShouldBe("version-ambiguous");
        foreach (var id in ids) refusal.Fix.ShouldContain(id[..12]);
    }

    [Fact]
    public async Task FindAsync_UnknownVersionOrAgent_IsRefused()
    {
        (await Should.ThrowAsync<Refusal>(() => _repository.FindAsync(Agent, new VersionId(new string('a', 40)), Cancellation))).Code.ShouldBe("agent-not-found");
        _source.Write("a.txt", "a");
        await _repository.ImportAsync(Agent, _source.Path, Cancellation);
        foreach (var id in new[] { new string('a', 40), "--help", "a b", "", null })
            (await Should.ThrowAsync<Refusal>(() => _repository.FindAsync(Agent, new VersionId(id!), Cancellation))).Code.ShouldBe("version-not-found");
        foreach (var name in new[] { "../x", "a/b", "-x", "", ".." })
            (await Should.ThrowAsync<Refusal>(() => _repository.ImportAsync(name, _source.Path, Cancellation))).Code.ShouldBe("agent-name-malformed");
    }

    [Fact]
    public async Task DiffAsync_TwoVersions_IsAUnifiedDiff()
    {
        _source.Write("a.txt", "one\ntwo\n");
        var root = await _repository.ImportAsync(Agent, _source.Path, Cancellation);
        var next = await _repository.CommitAsync(
            Agent, root.Id, new Dictionary<string, byte[]?> { ["a.txt"] = "one\nzwei ä\n"u8.ToArray(), ["ä.txt"] = "new\n"u8.ToArray() }, "edit", Cancellation);
        var diff = await _repository.DiffAsync(Agent, root.Id, next.Id, Cancellation);
        (diff.From, diff.To).ShouldBe((root.Id, next.Id));
        diff.Patch.ShouldContain("--- a/a.txt\n+++ b/a.txt\n@@ -1,2 +1,2 @@\n one\n-two\n+zwei ä\n");
        diff.Patch.ShouldContain("+++ b/ä.txt");
        (await _repository.DiffAsync(Agent, root.Id, root.Id, Cancellation)).Patch.ShouldBe("");
    }

    [Fact]
    public async Task MaterializeAsync_Version_WritesItsFilesIntoAnEmptyFolderOnly()
    {
        _source.Write("lib/a.py", "a");
        File.SetUnixFileMode(_source.Write("run.sh", "#!/bin/sh\n"), (UnixFileMode)0b111_101_101);
        var root = await _repository.ImportAsync(Agent, _source.Path, Cancellation);
        var folder = _data["work/space"];
        await Open().MaterializeAsync(Agent, root.Id, folder, Cancellation);
        Directory.EnumerateFiles(folder, "*", SearchOption.AllDirectories).Select(file => Path.GetRelativePath(folder, file)).Order(StringComparer.Ordinal)
            .ShouldBe(["lib/a.py", "run.sh"]);
        (File.GetUnixFileMode(Path.Combine(folder, "run.sh")) & UnixFileMode.UserExecute).ShouldBe(UnixFileMode.UserExecute);
        (File.GetUnixFileMode(Path.Combine(folder, "lib/a.py")) & UnixFileMode.UserExecute).ShouldBe(UnixFileMode.None);
        await Should.ThrowAsync<InvalidOperationException>(() => _repository.MaterializeAsync(Agent, root.Id, folder, Cancellation));
    }

    [Fact]
    public async Task ReadVersionAsync_NoGitOnTheMachine_SaysHowToInstallIt()
    {
        var missing = new GitAgentRepository(new GitProgram(_data.Path), _data.Path, TimeProvider.System);
        _source.Write("a", "a");
        var fault = await Should.ThrowAsync<StorageFault>(() => missing.ImportAsync(Agent, _source.Path, Cancellation));
        fault.Code.ShouldBe(StorageFault.ProgramMissing);
        fault.Fix.ShouldContain("apt-get install git");
        (await new GitProgram().ReadVersionAsync(Cancellation)).ShouldStartWith("git version 2.");
    }

    private GitAgentRepository Open(string folder = "data") => new(new GitProgram(), _data[folder], TimeProvider.System);

    private string InRepository(params string[] arguments)
    {
        var start = new ProcessStartInfo("git", ["--git-dir", _data[$"data/{Agent}.git"], .. arguments])
        {
            UseShellExecute = false, RedirectStandardOutput = true, RedirectStandardError = true,
        };
        using var process = Process.Start(start)!;
        var output = process.StandardOutput.ReadToEnd().Trim();
        process.WaitForExit();
        process.ExitCode.ShouldBe(0);
        return output;
    }
}
