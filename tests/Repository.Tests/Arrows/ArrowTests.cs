using System.Xml.Linq;
using Espalier.Repository.Tests.Compiled;
using Mono.Cecil;

namespace Espalier.Repository.Tests.Arrows;

public sealed class ArrowTests
{
    private const string Rule =
        "Contracts <- Core <- { Storage, Gateway, Workers } <- Server; Contracts <- Sdk <- Cli; ChDb stands alone (an arrow points at what is used).";

    public static TheoryData<string> EveryProject => [.. Projects.Names];

    [Fact]
    public void Projects_OfTheSourceFolder_AreAllOnTheMap() =>
        Projects.Names.Order().ShouldBe(ArrowRules.Allowed.Keys.Order(), "A new project needs its place among the arrows first.");

    [Theory]
    [MemberData(nameof(EveryProject))]
    public void AssemblyReferences_OfProject_FollowTheArrows(string project) =>
        Violations.None(ArrowRules.ForbiddenReferences(project, Projects.Module(project), Projects.AssemblyName), Rule);

    [Theory]
    [MemberData(nameof(EveryProject))]
    public void NamedTypes_OfProject_FollowTheArrows(string project) =>
        Violations.None(ArrowRules.ForbiddenTypes(project, Projects.Uses(project)), Rule);

    [Theory]
    [MemberData(nameof(EveryProject))]
    public void ProjectReferences_OfProject_FollowTheArrows(string project) =>
        Violations.None(ArrowRules.ForbiddenProjectReferences(project, Projects.File(project)), Rule);

    [Fact]
    public void ForbiddenReferences_AssemblyOfASibling_IsFound()
    {
        var name = new AssemblyNameDefinition("Espalier.Storage", new Version(1, 0));
        using var assembly = AssemblyDefinition.CreateAssembly(name, "Espalier.Storage", ModuleKind.Dll);
        assembly.MainModule.AssemblyReferences.Add(new AssemblyNameReference("Espalier.Core", new Version(1, 0)));
        assembly.MainModule.AssemblyReferences.Add(new AssemblyNameReference("Espalier.Gateway", new Version(1, 0)));

        ArrowRules.ForbiddenReferences("Storage", assembly.MainModule, project => $"Espalier.{project}")
            .ShouldBe(["Storage's assembly refers to Gateway"]);
    }

    [Fact]
    public void ForbiddenTypes_FullyQualifiedTypeOfASibling_IsFound()
    {
        var uses = new[]
        {
            new TypeUse("Espalier.Storage.A", "Espalier.Storage", "A.M", "Espalier.Core.Shared.Refusal", "Espalier.Core.Shared", null),
            new TypeUse("Espalier.Storage.A", "Espalier.Storage", "A.M", "Espalier.Gateway.Calls.ChatCalls", "Espalier.Gateway.Calls", "Run"),
        };

        ArrowRules.ForbiddenTypes("Storage", uses).ShouldBe(["Storage: A.M uses Espalier.Gateway.Calls.ChatCalls.Run"]);
    }

    [Fact]
    public void ForbiddenProjectReferences_UnusedReference_IsFound()
    {
        var file = XDocument.Parse("""
            <Project><ItemGroup>
              <ProjectReference Include="../Sdk/Sdk.csproj" />
              <ProjectReference Include="../Storage/Storage.csproj" />
              <ProjectReference Include="../Server/Server.csproj" ReferenceOutputAssembly="false" />
            </ItemGroup></Project>
            """);

        ArrowRules.ForbiddenProjectReferences("Cli", file).ShouldBe(["Cli.csproj refers to Storage"]);
    }
}
