using Espalier.Repository.Tests.Compiled;
using Mono.Cecil;

namespace Espalier.Repository.Tests.Slices;

public sealed class SliceOrderTests
{
    private const string Sample = "Espalier.Repository.Tests.Samples";

    private static readonly string Rule = $"A slice may use those before it: {string.Join(", ", SliceOrder.Slices)}.";

    [Theory]
    [InlineData("Contracts")]
    [InlineData("Core")]
    public void Slices_OfProject_UseOnlyEarlierOnes(string project) =>
        Violations.None(SliceOrder.Broken("Espalier", Projects.Uses(project)).Select(use => use.ToString()), Rule);

    [Theory]
    [InlineData("Contracts")]
    [InlineData("Core")]
    public void Namespaces_OfProject_StartWithASlice(string project) => Violations.None(
        from type in Projects.Module(project).Types
        let space = type.Namespace
        where space.StartsWith($"Espalier.{project}.", StringComparison.Ordinal) && SliceOrder.Rank("Espalier", space) is null
        select $"{type.FullName} stands in no slice",
        Rule);

    [Fact]
    public void Exceptions_ThatNothingUses_AreRemoved() => SliceOrder.Exceptions.Keys
        .Where(allowed => !Projects.Uses("Contracts").Concat(Projects.Uses("Core")).Any(use =>
            use.To == allowed.Type && SliceOrder.Rank("Espalier", use.FromNamespace) is { } rank && SliceOrder.Slices[rank] == allowed.Slice))
        .ShouldBeEmpty();

    [Fact]
    public void Broken_SampleWithViolations_FindsEachAndNothingElse()
    {
        using var module = ModuleDefinition.ReadModule(typeof(SliceOrderTests).Assembly.Location);

        var places = SliceOrder.Broken(Sample, TypeUses.Of(module)).Select(use => (From: Short(use.From), To: Short(use.To))).Distinct();

        places.ShouldBe(
            [
                ("Agents.NamesLaterInBody", "Search.Session"),
                ("Agents.NamesLaterInIterator", "Search.Session"),
                ("Agents.NamesLaterInLambda", "Search.Session"),
                ("Agents.NamesLaterInSignature", "Search.Session"),
                ("Agents.NamesLaterInTypeArgument", "Search.Session"),
                ("Agents.NamesLaterInAttribute", "Search.Session"),
            ],
            ignoreOrder: true);

        static string Short(string name) => name[(Sample.Length + ".Core.".Length)..];
    }
}
