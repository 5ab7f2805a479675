using Espalier.Core.Shared;
using FsCheck;
using FsCheck.Fluent;

namespace Espalier.Core.Tests.Shared;

public sealed class StrictYamlTests
{
    [Theory]
    [InlineData("a: 1\nb: &x 2\n", 2, "anchor")]
    [InlineData("a: 1\nb: *x\n", 2, "alias *x")]
    [InlineData("a: &x [1]\nb: *x\n", 1, "anchor")]
    [InlineData("a: !!int 1\n", 1, "tag")]
    [InlineData("a: !ruby/object:Gem 1\n", 1, "tag")]
    [InlineData("base: 1\n<<: { a: 2 }\n", 2, "merge key")]
    [InlineData("a: 1\nb: 2\na: 3\n", 3, "not valid YAML")]
    [InlineData("? [a, b]\n: 1\n", 1, "a key that is not a text")]
    [InlineData("a: [1, 2\nb: 3\n", 1, "not valid YAML")]
    [InlineData("a: 'open\n", 1, "not valid YAML")]
    [InlineData("a:\n\t- 1\n", 1, "not valid YAML")]
    [InlineData("a: 1\n---\nb: 2\n", 1, "several documents")]
    [InlineData("- 1\n- 2\n", 1, "not a mapping")]
    [InlineData("only text\n", 1, "not a mapping")]
    [InlineData("a: 1\nb: x\0\n", 2, "U+0000")]
    [InlineData("", 1, "empty")]
    [InlineData("# nothing but words\n", 1, "empty")]
    public void Parse_BadText_NamesFileLineAndFix(string text, int line, string what)
    {
        var refusal = Should.Throw<Refusal>(() => StrictYaml.Parse("espalier.yaml", text));
        refusal.Code.ShouldBe("file-not-valid");
        refusal.Status.ShouldBe(422);
        refusal.What.ShouldStartWith($"espalier.yaml, line {line}:");
        refusal.What.ShouldContain(what);
        refusal.Fix.ShouldNotBeNullOrWhiteSpace();
    }

    [Fact]
    public void Parse_DeepNesting_IsRefusedWithoutRecursion()
    {
        foreach (var levels in new[] { 33, 1_000, 100_000 })
        {
            Should.Throw<Refusal>(() => StrictYaml.Parse("f.yaml", "a: " + new string('[', levels) + new string(']', levels))).What.ShouldContain("nested");
            Should.Throw<Refusal>(() => StrictYaml.Parse("f.yaml", "a: " + new string('[', levels)));
        }

        var flow = string.Concat(Enumerable.Repeat("{a: ", 5_000)) + "1" + new string('}', 5_000);
        Should.Throw<Refusal>(() => StrictYaml.Parse("f.yaml", flow)).What.ShouldContain("nested");
        var block = string.Concat(Enumerable.Range(0, 300).Select(i => $"{new string(' ', i)}k:\n"));
        Should.Throw<Refusal>(() => StrictYaml.Parse("f.yaml", block)).What.ShouldContain("nested");
        StrictYaml.Parse("f.yaml", "a: " + new string('[', 20) + new string(']', 20)).Keys.ShouldBe(["a"]);
    }

    [Fact]
    public void Parse_HugeText_IsRefused() =>
        Should.Throw<Refusal>(() => StrictYaml.Parse("f.yaml", "a: " + new string('x', 300_000))).What.ShouldContain("larger than 256 KiB");

    [Fact]
    public void Parse_AnyText_GivesAMappingOrARefusal()
    {
        var bits = Gen.Elements("a", "b", ": ", ":", "\n", "  ", "- ", "[", "]", "{", "}", "&x ", "*x", "!t ", "'", "\"", "|\n", ">\n", "#", "---\n", "%", "\t", "?", "<<", "\0", "\ud83c\udf33", "~");
        Prop.ForAll(bits.ArrayOf().Select(string.Concat).ToArbitrary(), text =>
        {
            try
            {
                StrictYaml.Parse("f.yaml", text).Finish();
                return true;
            }
            catch (Refusal refusal)
            {
                return refusal.What.StartsWith("f.yaml, line ", StringComparison.Ordinal);
            }
        }).Check(Config.QuickThrowOnFailure.WithMaxTest(5_000));
    }

    [Fact]
    public void Values_OfEachShape_AreRead()
    {
        var yaml = StrictYaml.Parse("f.yaml", "text: hi\nnumber: 0.35\nwhole: 7\nlist: [a, b]\none: a\nnone:\ntilde: ~\nquoted: \"null\"\nmap: { k: v }\nmaps:\n  - { x: 1 }\n  - x: 2\n");
        yaml.Text("text").ShouldBe("hi");
        yaml.Number("number").ShouldBe(0.35);
        yaml.WholeNumber("whole", 1, 10).ShouldBe(7);
        yaml.Texts("list").ShouldBe(["a", "b"]);
        yaml.Texts("one").ShouldBe(["a"]);
        yaml.Text("none").ShouldBeNull();
        yaml.Text("tilde").ShouldBeNull();
        yaml.Text("quoted").ShouldBe("null");
        yaml.Text("absent").ShouldBeNull();
        yaml.Mapping("map")!.Text("k").ShouldBe("v");
        yaml.Mappings("maps")!.Select(one => one.WholeNumber("x", 1, 2)).ShouldBe([1, 2]);
        yaml.Has("text").ShouldBeTrue();
        yaml.Has("absent").ShouldBeFalse();
        yaml.Finish();
    }

    [Theory]
    [InlineData("a: 1\nm:\n  n: {}\n", "n", "line 3: 'm.n' must be a text")]
    [InlineData("a: 1\nm:\n  n: [x]\n", "n", "line 3: 'm.n' must be a text")]
    [InlineData("m:\n  n: abc\n", "number", "line 2: 'm.n' is 'abc', not a number")]
    [InlineData("m:\n  n: 1e999\n", "number", "line 2: 'm.n' is '1e999', not a number")]
    [InlineData("m:\n  n: NaN\n", "number", "line 2: 'm.n' is 'NaN', not a number")]
    [InlineData("m:\n  n: 11\n", "whole", "line 2: 'm.n' is '11'")]
    [InlineData("m:\n  n: 1.5\n", "whole", "line 2: 'm.n' is '1.5'")]
    [InlineData("m:\n  n: { a: b }\n", "texts", "line 2: 'm.n' must be a list")]
    [InlineData("m:\n  n:\n    - a\n    - [b]\n", "texts", "line 4: 'm.n' must hold texts only")]
    [InlineData("m:\n  n: a\n", "mapping", "line 2: 'm.n' must be a mapping")]
    [InlineData("m:\n  n: a\n", "mappings", "line 2: 'm.n' must be a list")]
    [InlineData("m:\n  n: [a]\n", "mappings", "line 2: 'm.n' must hold mappings only")]
    [InlineData("m:\n  n: ''\n", "required", "'m.n' is missing")]
    [InlineData("m:\n  x: 1\n", "required", "line 2: 'm.n' is missing")]
    public void Values_OfAnotherShape_NameLineAndPath(string text, string read, string what)
    {
        var refusal = Should.Throw<Refusal>(() =>
        {
            var yaml = StrictYaml.Parse("f.yaml", text).Mapping("m")!;
            object? value = read switch
            {
                "number" => yaml.Number("n"),
                "whole" => yaml.WholeNumber("n", 1, 10),
                "texts" => yaml.Texts("n"),
                "mapping" => yaml.Mapping("n"),
                "mappings" => yaml.Mappings("n"),
                "required" => yaml.RequiredText("n", "hello"),
                _ => yaml.Text("n"),
            };
            return value;
        });
        refusal.What.ShouldContain(what);
        refusal.What.ShouldStartWith("f.yaml, line ");
        refusal.Fix.ShouldNotBeNullOrWhiteSpace();
    }

    [Fact]
    public void Finish_UnknownKey_NamesItItsLineAndTheNearest()
    {
        var yaml = StrictYaml.Parse("f.yaml", "command: x\nprotocl: stdio\n");
        yaml.Text("command");
        yaml.Text("protocol");
        var refusal = Should.Throw<Refusal>(yaml.Finish);
        refusal.What.ShouldBe("f.yaml, line 2: 'protocl' is not a known key.");
        refusal.Fix.ShouldBe("Did you mean 'protocol'? Known here: command, protocol.");
    }
}
