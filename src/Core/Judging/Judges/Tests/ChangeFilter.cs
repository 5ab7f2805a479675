using Espalier.Contracts.Datasets;
using Espalier.Contracts.Runs;
using Espalier.Core.Agents;

namespace Espalier.Core.Judging.Judges.Tests;

/// <summary>Tells an agent's work from what would change how it is tested.</summary>
internal static class ChangeFilter
{
    /// <summary>Files that interpreters and test runners read without being told to.</summary>
    private static readonly string[] Steering =
    [
        "conftest.py", "pytest.ini", ".pytest.ini", "tox.ini", "setup.cfg", "pyproject.toml", "noxfile.py", "sitecustomize.py", "usercustomize.py", "pyvenv.cfg", ".coveragerc",
    ];

    private static readonly string[] SteeringFolders = ["__pycache__", ".git", ".pytest_cache", ".venv", "node_modules", "site-packages"];

    public static (IReadOnlyList<FileChange> Counted, IReadOnlyList<FileChange> LeftOut) Divide(IReadOnlyList<FileChange> changes, CaseTests tests)
    {
        // The folder of a test is the tests' own, but not the root: there the work lies too.
        var owned = tests.Files.Select(file => file.Path.LastIndexOf('/') is >= 0 and var at ? file.Path[..(at + 1)] : null).OfType<string>().Distinct().ToList();
        var names = tests.Files.Select(file => file.Path).ToHashSet(StringComparer.Ordinal);
        var divided = changes.ToLookup(change => Counts(change));
        return ([.. divided[true]], [.. divided[false]]);

        bool Counts(FileChange change)
        {
            var parts = change.Path.Split('/');
            return change.Kind != FileChangeKind.Link
                && !names.Contains(change.Path)
                // A file in place of a test's folder, or of the test's module by another suffix.
                && !names.Any(name => name.StartsWith(change.Path + "/", StringComparison.Ordinal))
                && !owned.Exists(folder => change.Path.StartsWith(folder, StringComparison.Ordinal))
                && !Steering.Contains(parts[^1], StringComparer.OrdinalIgnoreCase)
                && !parts[^1].EndsWith(".pth", StringComparison.OrdinalIgnoreCase) && !parts[^1].EndsWith(".pyc", StringComparison.OrdinalIgnoreCase)
                && !parts.Any(part => SteeringFolders.Contains(part, StringComparer.Ordinal))
                && !(tests.Protected.Count > 0 && ArtifactRules.Hold(tests.Protected, change.Path));
        }
    }
}
