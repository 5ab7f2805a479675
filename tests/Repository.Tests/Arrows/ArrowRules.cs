using System.Xml.Linq;
using Espalier.Repository.Tests.Compiled;
using Mono.Cecil;

namespace Espalier.Repository.Tests.Arrows;

/// <summary>Which project may use which. An arrow that is not here does not exist.</summary>
internal static class ArrowRules
{
    public static IReadOnlyDictionary<string, string[]> Allowed { get; } = new Dictionary<string, string[]>
    {
        ["Contracts"] = [],
        ["Core"] = ["Contracts"],
        ["Storage"] = ["Core", "Contracts"],
        ["Gateway"] = ["Core", "Contracts"],
        ["Workers"] = ["Core", "Contracts"],
        ["Server"] = ["Storage", "Gateway", "Workers", "Core", "Contracts"],
        ["Sdk"] = ["Contracts"],
        ["Cli"] = ["Sdk", "Contracts"],
        // Started as a child process and spoken to over HTTP: a crash of native code stays there.
        ["ChDb"] = [],
    };

    /// <summary>The assembly's references to projects of ours that the rules do not allow.</summary>
    public static IEnumerable<string> ForbiddenReferences(string project, ModuleDefinition module, Func<string, string> assemblyName) =>
        from other in Allowed.Keys
        where other != project && !Allowed[project].Contains(other)
        where module.AssemblyReferences.Any(reference => reference.Name == assemblyName(other))
        select $"{project}'s assembly refers to {other}";

    /// <summary>Types of other projects that are named although the rules do not allow it, however they were brought in.</summary>
    public static IEnumerable<string> ForbiddenTypes(string project, IEnumerable<TypeUse> uses) =>
        from use in uses
        let owner = Owner(use.ToNamespace)
        where owner is not null && owner != project && !Allowed[project].Contains(owner)
        select $"{project}: {use}";

    /// <summary>References of the project file: one that no code uses yet is an arrow too. Built-beside-it references carry no types.</summary>
    public static IEnumerable<string> ForbiddenProjectReferences(string project, XDocument file) =>
        from reference in file.Descendants("ProjectReference")
        where !string.Equals((string?)reference.Attribute("ReferenceOutputAssembly"), "false", StringComparison.OrdinalIgnoreCase)
        let other = Path.GetFileNameWithoutExtension(((string?)reference.Attribute("Include") ?? "").Replace('\\', '/'))
        where !Allowed[project].Contains(other)
        select $"{project}.csproj refers to {other}";

    private static string? Owner(string space) =>
        space.Split('.') is ["Espalier", var project, ..] && Allowed.ContainsKey(project) ? project : null;
}
