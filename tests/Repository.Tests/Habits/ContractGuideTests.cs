using System.Text.RegularExpressions;

namespace Espalier.Repository.Tests.Habits;

public sealed partial class ContractGuideTests
{
    private const string Reader = "src/Core/Agents/ContractReader.cs";

    private const string HttpReader = "src/Core/Agents/HttpContractReader.cs";

    private const string ToolReader = "src/Core/Agents/ToolContractReader.cs";

    private const string ToolGuide = "docs/guides/tools.md";

    private const string Guide = "docs/guides/contract.md";

    [Fact]
    public void Guide_KeysOfTheReader_AllHaveARow()
    {
        var keys = KeysOf(Checkout.Read(Reader)).Concat(KeysOf(Checkout.Read(HttpReader))).ToList();
        keys.Count.ShouldBeGreaterThan(15, "The reader is no longer written as this test reads it.");
        RowsOf(Checkout.Read(Guide)).Order().ShouldBe(keys.Order(), $"{Guide} has a row for each key that {Reader} reads, and no other.");
    }

    [Fact]
    public void Guide_KeysOfTheReaderOfTools_AllHaveARow()
    {
        var keys = KeysOf(Checkout.Read(ToolReader));
        keys.Count.ShouldBeGreaterThan(10, "The reader is no longer written as this test reads it.");
        RowsOf(Checkout.Read(ToolGuide)).Order().ShouldBe(keys.Order(), $"{ToolGuide} has a row for each key that {ToolReader} reads, and no other.");
    }

    [Fact]
    public void KeysOf_ReadsInMethods_AreNamedFromTheRoot() =>
        KeysOf("""
            _ = yaml.WholeNumber("schema", 1, 1);
            Budget = ReadBudget(yaml.Mapping("budget")),
            private static RunContract ReadRun(StrictYaml yaml)
            var run = yaml.Text("command") ?? "";
            private static JudgeContract ReadJudge(StrictYaml yaml)
            var judge = yaml.Mapping("judge");
            var rubric = judge.Text("rubric");
            private static BudgetContract ReadBudget(StrictYaml? yaml)
            Session = Money(yaml, "session")
            """).ShouldBe(["schema", "budget", "run.command", "judge", "judge.rubric", "budget.session"]);

    /// <summary>The keys that the reader asks for, with the mapping they lie in.</summary>
    private static List<string> KeysOf(string source)
    {
        var keys = new List<string>();
        var method = "";
        foreach (Match match in Steps().Matches(source))
        {
            if (match.Groups["method"] is { Success: true, Value: var entered }) method = entered;
            else keys.Add(Mapping(method, match.Groups["owner"].Value) + match.Groups["key"].Value);
        }

        return [.. keys.Distinct(StringComparer.Ordinal)];
    }

    private static string Mapping(string method, string owner) => (method, owner) switch
    {
        ("Run", _) => "run.",
        ("Budget", _) => "budget.",
        ("Capture", _) => "capture.",
        (_, "judge") => "judge.",
        _ => "",
    };

    private static IEnumerable<string> RowsOf(string page)
    {
        var contract = page.Split("\n## ").Where(section => section.StartsWith("Keys\n", StringComparison.Ordinal) || section.StartsWith("Accepted", StringComparison.Ordinal));
        return contract.SelectMany(section => Rows().Matches(section)).Select(match => match.Groups["key"].Value);
    }

    [GeneratedRegex(
        """private static .+ Read(?<method>[A-Z]\w*)\(|\b(?<owner>\w+)\.(?:Text|Texts|RequiredText|WholeNumber|Number|Mapping|Mappings)\("(?<key>\w+)"|\b(?:Money|Flag|Word)\((?<owner>\w+), "(?<key>\w+)"[,)]""",
        RegexOptions.CultureInvariant)]
    private static partial Regex Steps();

    [GeneratedRegex(@"^\| `(?<key>[a-z_.]+)` \|", RegexOptions.CultureInvariant | RegexOptions.Multiline)]
    private static partial Regex Rows();
}
