using System.Collections.Concurrent;
using System.Xml.Linq;
using Mono.Cecil;

namespace Espalier.Repository.Tests.Compiled;

/// <summary>The projects of <c>src</c> and what the compiler made of them.</summary>
internal static class Projects
{
    private static readonly ConcurrentDictionary<string, ModuleDefinition> Modules = new();

    private static readonly ConcurrentDictionary<string, IReadOnlyCollection<TypeUse>> Read = new();

    /// <summary>Folder names under <c>src</c> that hold a project.</summary>
    public static IReadOnlyList<string> Names { get; } =
        [.. Checkout.Files.Where(file => file.StartsWith("src/", StringComparison.Ordinal) && file.EndsWith(".csproj", StringComparison.Ordinal))
            .Select(file => file.Split('/')[1])];

    public static XDocument File(string project) => XDocument.Load(Checkout.At($"src/{project}/{project}.csproj"));

    /// <summary>The name that a project's assembly has: the product's and the project's, unless the project says otherwise.</summary>
    public static string AssemblyName(string project) =>
        File(project).Descendants("AssemblyName").SingleOrDefault()?.Value ?? $"Espalier.{project}";

    public static ModuleDefinition Module(string project) => Modules.GetOrAdd(project, static name =>
    {
        // This test lies in artifacts/bin/Repository.Tests/CONFIGURATION; its neighbours were built with it in the same configuration.
        var own = new DirectoryInfo(AppContext.BaseDirectory);
        var path = Path.Combine(own.Parent!.Parent!.FullName, name, own.Name, AssemblyName(name) + ".dll");
        return System.IO.File.Exists(path)
            ? ModuleDefinition.ReadModule(new MemoryStream(System.IO.File.ReadAllBytes(path)))
            : throw new InvalidOperationException($"{path} is not there: src/{name} was not built.");
    });

    public static IReadOnlyCollection<TypeUse> Uses(string project) => Read.GetOrAdd(project, static name => TypeUses.Of(Module(name)));
}
