using Espalier.Core.Agents;

namespace Espalier.Core.Tests.Agents;

public sealed class ArtifactRulesTests
{
    private const string Contract = """
        agent: a
        run: { command: ./a }
        artifacts:
          prompt: [prompts/**]
          tools: [tools/*.json]
          models: [models.yaml]
          code: [agent.py, lib/**, "**/*.txt"]
        frozen: [tests/**, prompts/legal/**]
        judge: { expected: exact }
        """;

    [Theory]
    [InlineData("prompts/system.md", "prompt")]
    [InlineData("prompts/a/b/c.md", "prompt")]
    [InlineData("prompts/notes.txt", "prompt")]
    [InlineData("tools/lookup.json", "tools")]
    [InlineData("tools/deep/lookup.json", null)]
    [InlineData("tools/lookup.yaml", null)]
    [InlineData("models.yaml", "models")]
    [InlineData("Models.yaml", null)]
    [InlineData("sub/models.yaml", null)]
    [InlineData("agent.py", "code")]
    [InlineData("lib/x/y.py", "code")]
    [InlineData("a/b/readme.txt", "code")]
    [InlineData("espalier.yaml", null)]
    [InlineData("prompts", null)]
    public void OwnerOf_Path_IsTheFirstArtifactThatMatches(string path, string? owner) =>
        ContractReader.Read(Contract).OwnerOf(path).ShouldBe(owner);

    [Theory]
    [InlineData("prompts/system.md", null)]
    [InlineData("prompts/legal/terms.md", "prompts/legal/terms.md is frozen by the contract")]
    [InlineData("espalier.yaml", "espalier.yaml is frozen by the contract")]
    [InlineData("tests/a.py", "tests/a.py is frozen by the contract")]
    [InlineData("README.md", "README.md belongs to no artifact of the contract")]
    [InlineData("prompts/../espalier.yaml", "prompts/../espalier.yaml is frozen by the contract")]
    [InlineData("../outside.py", "../outside.py belongs to no artifact of the contract")]
    public void WhyNotEditable_Path_SaysWhy(string path, string? why) =>
        ContractReader.Read(Contract).WhyNotEditable([path]).ShouldBe(why);

    [Fact]
    public void WhyNotEditable_OneOfSeveral_IsNamed() =>
        ContractReader.Read(Contract).WhyNotEditable(["models.yaml", "tests/x.py", "README.md"]).ShouldBe("tests/x.py is frozen by the contract");
}
