using Espalier.Repository.Tests.Compiled;

namespace Espalier.Repository.Tests.Slices;

public sealed class ExtensionFolderTests
{
    // Interface, and the folder that holds one folder for each of its implementations.
    private static readonly (string Name, string Folder)[] Extensions =
    [
        ("IEditKind", "src/Core/Agents/Edits/"),
        ("ICurator", "src/Core/Datasets/Curators/"),
        ("IJudge", "src/Core/Judging/Judges/"),
        ("IDiagnoser", "src/Core/Diagnosis/Diagnosers/"),
        ("IProposer", "src/Core/Search/Proposers/"),
        ("ISelector", "src/Core/Search/Selectors/"),
        ("ISampler", "src/Core/Search/Samplers/"),
        ("IAcceptance", "src/Core/Search/Acceptances/"),
        ("IObjective", "src/Core/Frontiers/Objectives/"),
        ("IReleaseStage", "src/Core/Releases/Stages/"),
        ("IGate", "src/Core/Releases/Gates/"),
        ("ITraceDialect", "src/Core/Traces/Dialects/"),
        ("IRoutePolicy", "src/Gateway/Policies/Routes/"),
        ("IMemoryPolicy", "src/Gateway/Policies/Memory/"),
        ("IGuardrail", "src/Gateway/Policies/Guardrails/"),
        ("IProvider", "src/Gateway/Providers/"),
        ("ISandbox", "src/Workers/Sandboxes/"),
        ("IJobQueue", "src/Workers/Queues/"),
    ];

    [Fact]
    public void Interfaces_ThatExist_HaveTheirFolders() => Violations.None(
        from extension in Extensions
        where Projects.Names.Any(project => Projects.Module(project).Types.Any(type => type.IsInterface && type.Name == extension.Name))
        where !Checkout.Files.Any(file => file.StartsWith(extension.Folder, StringComparison.Ordinal) && file.IndexOf('/', extension.Folder.Length) > 0)
        select $"{extension.Name} exists, and no folder under {extension.Folder}",
        "Where a new thing goes: one interface, one folder for each implementation.");

    [Fact]
    public void Implementations_OfInterfaces_LieInTheirFolders() => Violations.None(
        from project in Projects.Names
        from type in Projects.Module(project).GetTypes()
        where type is { IsClass: true, IsAbstract: false }
        from extension in Extensions
        where type.Interfaces.Any(face => face.InterfaceType.Name == extension.Name)
        where !type.FullName.StartsWith("Espalier." + extension.Folder["src/".Length..].Replace('/', '.'), StringComparison.Ordinal)
        select $"{type.FullName} implements {extension.Name} and lies elsewhere than {extension.Folder}",
        "Where a new thing goes: one interface, one folder for each implementation.");

    [Fact]
    public void Stores_LieUnderBackendAndSlice() => Violations.None(
        from type in Projects.Module("Storage").Types
        from face in type.Interfaces.Select(one => one.InterfaceType)
        where face.Name.EndsWith("Store", StringComparison.Ordinal) && face.Namespace.StartsWith("Espalier.Core.", StringComparison.Ordinal)
        where type.Namespace.Split('.').ElementAtOrDefault(3) != face.Namespace.Split('.')[2]
        select $"{type.FullName} implements {face.Name}, which is of {face.Namespace.Split('.')[2]}",
        "A store lies in src/Storage/<Backend>/<Slice>/.");
}
