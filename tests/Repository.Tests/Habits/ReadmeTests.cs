namespace Espalier.Repository.Tests.Habits;

public sealed class ReadmeTests
{
    [Fact]
    public void Readme_FirstTwoCommands_AreDemoAndTest()
    {
        Checkout.Files.ShouldContain("README.md");
        Commands(Checkout.Lines("README.md")).Take(2).ShouldBe(["./dev demo", "./dev test"]);
    }

    [Fact]
    public void Commands_OfFencedBlocks_AreReadWithoutTheirRemarks() =>
        Commands(["Run `./dev x`:", "```sh", "./dev demo   # three minutes", "", "# then", "$ ./dev test", "```", "```text", "1 passed", "```"])
            .ShouldBe(["./dev demo", "./dev test"]);

    /// <summary>The command lines of fenced shell blocks.</summary>
    private static IEnumerable<string> Commands(IEnumerable<string> lines)
    {
        string? block = null;
        foreach (var line in lines)
        {
            if (line.StartsWith("```", StringComparison.Ordinal)) block = block is null ? line[3..].Trim() : null;
            else if (block is "" or "sh" or "bash" or "shell" or "console" && line.Split('#')[0].TrimStart('$', ' ').TrimEnd() is { Length: > 0 } command)
                yield return command;
        }
    }
}
