using Espalier.Repository.Tests.Compiled;

namespace Espalier.Repository.Tests.Words;

public sealed class WordTests
{
    public static TheoryData<string> EveryProject => [.. Projects.Names];

    [Theory]
    [MemberData(nameof(EveryProject))]
    public void PublicTypes_OfProject_LeaveSomeWordsAlone(string project) => Violations.None(
        from type in Projects.Module(project).GetTypes()
        where type.IsPublic || type.IsNestedPublic
        from broken in WordRules.Broken(type.Name)
        select $"{type.FullName}: {broken}",
        "One word per thing: some words mean two things or repeat one that we have.");

    [Theory]
    [InlineData("DatasetManager", 1)]
    [InlineData("TaskDataHelper", 3)]
    [InlineData("Dataset", 0)]
    [InlineData("InformationGain", 0)]
    public void Broken_Names_AreReadByTheirParts(string name, int expected) => WordRules.Broken(name).Count().ShouldBe(expected);
}
