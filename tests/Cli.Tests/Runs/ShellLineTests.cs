using System.Diagnostics;
using Espalier.Cli.Runs;

namespace Espalier.Cli.Tests.Runs;

public sealed class ShellLineTests
{
    [Fact]
    public void Of_OneWord_IsALineAlready() => ShellLine.Of(["echo a | wc"]).ShouldBe("echo a | wc");

    [Fact]
    public void Of_Nothing_IsNull() => ShellLine.Of([]).ShouldBeNull();

    [Fact]
    public async Task Of_SeveralWords_AShellMakesTheSameWordsOfIt()
    {
        string[] words = ["printf", "%s|", "plain", "with blank", "it's", "$HOME", "", "a\nb", "*", "\\", "\"q\"", "-x=1,2"];
        using var shell = Process.Start(new ProcessStartInfo("/bin/sh", ["-c", ShellLine.Of(words)!]) { UseShellExecute = false, RedirectStandardOutput = true })!;
        var written = await shell.StandardOutput.ReadToEndAsync(TestContext.Current.CancellationToken);
        written.ShouldBe(string.Concat(words.Skip(2).Select(word => $"{word}|")));
    }
}
