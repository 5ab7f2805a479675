namespace Espalier.Repository.Tests.Habits;

public sealed class ReasonTests
{
    // The patterns themselves and the lines they are tried on.
    private static readonly string[] Own = ["tests/Repository.Tests/Habits/Reasons.cs", "tests/Repository.Tests/Habits/ReasonTests.cs"];

    [Fact]
    public void Suppressions_OfEveryFile_SayWhyOnTheSameLine() => Violations.None(
        from file in Checkout.Files
        where !Own.Contains(file) && Path.GetExtension(file) is ".cs" or ".csproj" or ".props" or ".targets" or ".py" or ".ts" or ".tsx" or ".js" or ".mjs"
        from line in Checkout.Lines(file)
        where Reasons.LacksReason(file, line)
        select $"{file}: {line.Trim()}",
        "Suppressions and skipped tests carry a reason on the same line.");

    [Fact]
    public void BannedSymbols_EachSayWhy() => Violations.None(
        Reasons.WithoutReason(Checkout.Lines("eng/BannedSymbols.txt")), "eng/BannedSymbols.txt: SYMBOL;what to use and why.");

    [Fact]
    public void AnalyzerRules_ThatAreOff_HaveACommentAbove() => Violations.None(
        from file in Checkout.Files
        where file.EndsWith(".globalconfig", StringComparison.Ordinal)
        from line in Reasons.WithoutComment(Checkout.Lines(file))
        select $"{file}: {line}",
        "A rule is switched off with a comment above it that says why; a blank line ends what the comment covers.");

    [Theory]
    [InlineData("A.cs", "#pragma warning disable CA1822", true)]
    [InlineData("A.cs", "#pragma warning disable CA1822, CA1852 // nothing runs these types", false)]
    [InlineData("A.cs", "[Fact(Skip = \"later\")]", true)]
    [InlineData("A.cs", "[Fact(Skip = \"needs a kernel with cgroups\")]", false)]
    [InlineData("A.cs", "var skipped = list.Skip(1);", false)]
    [InlineData("A.csproj", "<NoWarn>$(NoWarn);CS1591</NoWarn>", true)]
    [InlineData("A.csproj", "<NoWarn>$(NoWarn);CS1591</NoWarn> <!-- CS1591: internal types need no docs -->", false)]
    [InlineData("a.py", "import x  # noqa: F401", true)]
    [InlineData("a.py", "import x  # noqa: F401 re-exported for the agents", false)]
    [InlineData("a.ts", "// eslint-disable-next-line no-console", true)]
    [InlineData("a.ts", "// eslint-disable-next-line no-console -- the only way to say it", false)]
    public void LacksReason_Line_IsJudged(string file, string line, bool expected) => Reasons.LacksReason(file, line).ShouldBe(expected);

    [Fact]
    public void WithoutReason_SymbolAlone_IsFound() =>
        Reasons.WithoutReason(["T:System.Random;Use Rng: a seed must mean the same", "T:System.Console", "T:System.GC;no"])
            .ShouldBe(["T:System.Console", "T:System.GC;no"]);

    [Fact]
    public void WithoutComment_RuleAfterABlankLine_IsFound() =>
        Reasons.WithoutComment(
            ["# Culture is invariant here.", "dotnet_diagnostic.A.severity = none", "dotnet_diagnostic.B.severity = none", "", "dotnet_diagnostic.C.severity = none"])
            .ShouldBe(["dotnet_diagnostic.C.severity = none"]);
}
