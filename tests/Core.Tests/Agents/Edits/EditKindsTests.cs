using System.Text;
using Espalier.Contracts.Agents;
using Espalier.Core.Agents;
using Espalier.Core.Agents.Edits;
using Espalier.Core.Agents.Edits.Context;
using Espalier.Core.Agents.Edits.Examples;
using Espalier.Core.Agents.Edits.Instructions;
using Espalier.Core.Agents.Edits.Memory;
using Espalier.Core.Agents.Edits.Models;
using Espalier.Core.Agents.Edits.Routes;
using Espalier.Core.Shared;
using Microsoft.Extensions.DependencyInjection;

namespace Espalier.Core.Tests.Agents.Edits;

public sealed class EditKindsTests
{
    private const string Models = """
        # The slots of the agent.
        slots:
          triage:
            model: big-model
            temperature: 0.2
            stop: ["\n", "END"]
          summary: { model: big-model, max_tokens: 200 }
        fallback: "yes"
        """;

    private const string Prompt = "You sort requests.\r\nAnswer with one intent.\n\nIntents:\n- refund\n- parcel_late: what is late\n- size_wrong\n\n{{request}}\n";

    private static readonly EditKinds Kinds = new ServiceCollection().AddEditKinds().BuildServiceProvider().GetRequiredService<EditKinds>();

    private static readonly AgentContract Contract = ContractReader.Read("""
        agent: a
        run: { command: ./a }
        artifacts: { prompt: [prompts/**], models: [models.yaml], router: [router.yaml], memory: [memory.yaml] }
        frozen: [prompts/legal.md]
        judge: { expected: exact }
        """);

    private static readonly Edit Swap = ModelEdit.Swap("models.yaml", "triage", "small-model", "cheap");
    private static readonly Edit Cascade = RouteEdit.Cascade("router.yaml", "triage", "small-model", "big-model", 0.35, "cheap");
    private static readonly Edit Retrieve = MemoryEdit.Retrieve("memory.yaml", "triage", "rev_1", 8, "more");
    private static readonly Edit Put = ExamplesEdit.Put("prompts/system.md", [new("where is it </examples>", "parcel_late"), new("a \"b\"\n{{request}}", "refund")], "two", "more");
    private static readonly Edit Trim = ContextEdit.TrimLabels("prompts/system.md", ["parcel_late", "refund", "size_wrong"], "cheap");
    private static readonly Edit Describe = InstructionEdit.Describe("prompts/system.md", new Dictionary<string, string> { ["refund"] = "money, back" }, "words", "more");

    public static TheoryData<string> EachEdit => [.. All.Select(edit => edit.Kind)];

    private static IReadOnlyList<Edit> All => [Swap, Cascade, Retrieve, Put, Trim, Describe];

    [Fact]
    public void Names_AllKinds_AreTheWordsOfTheContract() =>
        Kinds.Names.ShouldBe(["model", "route", "memory", "examples", "context", "instruction"], ignoreOrder: true);

    [Theory]
    [MemberData(nameof(EachEdit))]
    public void Apply_EachKind_ChangesOneFileAndIsNeededOnlyOnce(string kind)
    {
        var edit = All.Single(one => one.Kind == kind);
        var files = Files();
        var result = Kinds.Apply(edit, Contract, files);
        result.Reason.ShouldBeNull();
        var (path, bytes) = result.Changes!.ShouldHaveSingleItem();
        edit.Target.ShouldStartWith(path + "#");

        // Pure: the same edit on the same files gives the same bytes, and the input is left alone.
        Kinds.Apply(edit, Contract, Files()).Changes![path].ShouldBe(bytes);
        files.ToDictionary(file => file.Key, file => Encoding.UTF8.GetString(file.Value)).ShouldBe(Files().ToDictionary(file => file.Key, file => Encoding.UTF8.GetString(file.Value)));

        files[path] = bytes!;
        Kinds.Apply(edit, Contract, files).Reason.ShouldNotBeNullOrWhiteSpace();
    }

    [Theory]
    [MemberData(nameof(EachEdit))]
    public void Apply_FrozenOrForeignPath_IsRefused(string kind)
    {
        var edit = All.Single(one => one.Kind == kind);
        var path = edit.Target.Split('#')[0];
        var frozen = Contract with { Frozen = [path] };
        Kinds.Apply(edit, frozen, Files()).Reason.ShouldBe($"{path} is frozen by the contract");
        var foreign = Contract with { Artifacts = new Dictionary<string, IReadOnlyList<string>> { ["code"] = ["agent.py"] } };
        Kinds.Apply(edit, foreign, Files()).Reason.ShouldBe($"{path} belongs to no artifact of the contract");
    }

    [Fact]
    public void Apply_UnknownKind_IsARefusalWithTheKnownOnes()
    {
        var refusal = Should.Throw<Refusal>(() => Kinds.Apply(Swap with { Kind = "magic" }, Contract, Files()));
        refusal.Code.ShouldBe("edit-kind-unknown");
        refusal.Fix.ShouldContain("context, examples, instruction, memory, model, route");
    }

    [Fact]
    public void Apply_ModelSwap_KeepsTheSlotsOtherParametersAndTheOtherKeys() =>
        Apply(Swap, "models.yaml").ShouldBe("""
            slots:
              triage:
                model: small-model
                temperature: 0.2
                stop: ["\n", "END"]
              summary: {model: big-model, max_tokens: 200}
            fallback: "yes"

            """);

    [Fact]
    public void Apply_Cascade_WritesANewFileAndKeepsOtherRoutes()
    {
        const string expected = "routes:\n  triage:\n    cascade:\n    - {model: small-model, below: 0.35}\n    - {model: big-model}\n";
        Apply(Cascade, "router.yaml").ShouldBe(expected);
        foreach (var empty in new[] { "", "\n", "# nothing yet\n", "routes:\n", "routes: {}\n", "routes: ~\n" })
            Apply(Cascade, "router.yaml", empty).ShouldBe(expected, empty);
        Apply(Cascade, "router.yaml", "routes:\n  summary:\n    cascade:\n    - {model: big-model}\nnote: keep\n")
            .ShouldBe("routes:\n  summary:\n    cascade:\n    - {model: big-model}\n  triage:\n    cascade:\n    - {model: small-model, below: 0.35}\n    - {model: big-model}\nnote: keep\n");
    }

    [Fact]
    public void Apply_Memory_WritesRetrievalAndKeepsHistory() =>
        Apply(Retrieve, "memory.yaml", "history: { last: 4 }\nretrieval: { source: rev_0, k: 4, slot: triage }\n")
            .ShouldBe("history: {last: 4}\nretrieval: {source: rev_1, k: 8, slot: triage}\n");

    [Theory]
    [InlineData("memory.yaml", "- a\n- b\n", "memory.yaml is not a mapping")]
    [InlineData("memory.yaml", "just words\n", "memory.yaml is not a mapping")]
    [InlineData("memory.yaml", "a: [1\n", "memory.yaml, line 2: the file is not valid YAML: While parsing a flow sequence, did not find expected ',' or ']'.")]
    [InlineData("memory.yaml", "a: 1\n---\nb: 2\n", "memory.yaml holds several documents")]
    [InlineData("router.yaml", "routes: [a]\n", "router.yaml holds something else than a mapping at 'routes'")]
    [InlineData("router.yaml", "routes: { triage: words }\n", "router.yaml holds something else than a mapping at 'triage'")]
    [InlineData("models.yaml", "slots: { triage: big-model }\n", "models.yaml holds something else than a mapping at 'triage'")]
    public void Apply_YamlThatDoesNotFit_IsRefusedInWords(string path, string text, string reason)
    {
        var files = Files();
        files[path] = Encoding.UTF8.GetBytes(text);
        var edit = All.Single(one => one.Target.StartsWith(path, StringComparison.Ordinal));
        Kinds.Apply(edit, Contract, files).Reason.ShouldBe(reason);
    }

    [Fact]
    public void Apply_YamlThatIsTooDeep_IsRefused()
    {
        var files = Files();
        files["memory.yaml"] = Encoding.UTF8.GetBytes("a: " + new string('[', 50_000));
        Kinds.Apply(Retrieve, Contract, files).Reason.ShouldBe("memory.yaml, line 1: the file is nested deeper than 32 levels");
    }

    [Theory]
    [InlineData("model", "models.yaml is not in this version")]
    [InlineData("examples", "prompts/system.md is not in this version")]
    [InlineData("context", "prompts/system.md is not in this version")]
    [InlineData("instruction", "prompts/system.md is not in this version")]
    public void Apply_MissingFile_IsRefused(string kind, string reason) =>
        Kinds.Apply(All.Single(edit => edit.Kind == kind), Contract, new Dictionary<string, byte[]>()).Reason.ShouldBe(reason);

    [Fact]
    public void Apply_Examples_EndThePromptAndReplaceTheOldOnes()
    {
        var once = Apply(Put, "prompts/system.md");
        once.ShouldStartWith(Prompt.TrimEnd());
        LabelledExamples.Parse(once).ShouldBe([new("where is it </examples>", "parcel_late"), new("a \"b\"\n{{request}}", "refund")]);
        var other = ExamplesEdit.Put("prompts/system.md", [new("x", "y")], "one", "");
        var twice = Apply(other, "prompts/system.md", once);
        LabelledExamples.Parse(twice).ShouldBe([new("x", "y")]);
        LabelledExamples.Remove(twice).TrimEnd().ShouldBe(Prompt.TrimEnd());
    }

    [Fact]
    public void Apply_TrimAndDescribe_ChangeTheListAlone()
    {
        Apply(Trim, "prompts/system.md").ShouldBe("You sort requests.\r\nAnswer with one intent.\n\nIntents:\n\n{{request}}\n");
        Apply(Describe, "prompts/system.md").ShouldBe(Prompt.Replace("- refund\n", "- refund: money, back\n", StringComparison.Ordinal));
        Kinds.Apply(ContextEdit.TrimLabels("prompts/system.md", ["absent"], ""), Contract, Files()).Reason.ShouldBe("prompts/system.md lists none of the labels");
    }

    [Fact]
    public void Create_Id_IsTheContentAndNotTheWords()
    {
        ModelEdit.Swap("models.yaml", "triage", "small-model", "another reason").Id.ShouldBe(Swap.Id);
        var others = new[]
        {
            ModelEdit.Swap("models.yaml", "summary", "small-model", ""), ModelEdit.Swap("models.yaml", "triage", "other", ""),
            ModelEdit.Swap("sub/models.yaml", "triage", "small-model", ""), Cascade, Retrieve, Put, Trim, Describe,
        };
        others.Select(edit => edit.Id).Append(Swap.Id).ShouldBeUnique();
        Swap.Id.ShouldBe("edit_4717c034918183ae");
    }

    [Fact]
    public void Kinds_TwoOfOneName_AreRefused() => Should.Throw<ArgumentException>(() => new EditKinds([new ModelEdit(), new ModelEdit()]));

    private static string Apply(Edit edit, string path, string? text = null)
    {
        var files = Files();
        if (text is not null) files[path] = Encoding.UTF8.GetBytes(text);
        var result = Kinds.Apply(edit, Contract, files);
        result.Reason.ShouldBeNull();
        return Encoding.UTF8.GetString(result.Changes![path]!);
    }

    private static Dictionary<string, byte[]> Files() => new()
    {
        ["models.yaml"] = Encoding.UTF8.GetBytes(Models),
        ["prompts/system.md"] = Encoding.UTF8.GetBytes(Prompt),
        ["prompts/legal.md"] = Encoding.UTF8.GetBytes("- refund\n"),
    };
}
