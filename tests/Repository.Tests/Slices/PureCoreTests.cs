using Espalier.Repository.Tests.Compiled;
using Espalier.Repository.Tests.Samples;
using Mono.Cecil;

namespace Espalier.Repository.Tests.Slices;

public sealed class PureCoreTests
{
    [Theory]
    [InlineData("Contracts")]
    [InlineData("Core")]
    public void Project_DoesNoInputOrOutput_AndHasNoClock(string project) => Violations.None(
        PureCore.Broken(Projects.Uses(project)).Select(use => use.ToString()),
        $"{project} does no I/O and has no clock and no dice of its own: take an interface, a TimeProvider or an Rng.");

    [Fact]
    public void Broken_SampleThatReadsAFileAndTheClock_FindsBoth()
    {
        using var module = ModuleDefinition.ReadModule(typeof(ImpureSample).Assembly.Location);
        var uses = TypeUses.Of(module).Where(use => use.From == typeof(ImpureSample).FullName);

        PureCore.Broken(uses).Where(use => use.Member is not null).Select(use => $"{use.To}.{use.Member}")
            .ShouldBe(["System.IO.File.ReadAllText", "System.Environment.get_TickCount64"], ignoreOrder: true);
    }
}
