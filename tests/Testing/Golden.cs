using System.Runtime.CompilerServices;

namespace Espalier.Testing;

/// <summary>Compares a text with the file <c>Golden/NAME</c> beside the test.</summary>
/// <remarks>With <c>ESPALIER_GOLDEN=write</c> in the environment the file is written instead, and its diff is for people to review.</remarks>
public static class Golden
{
    public const string Variable = "ESPALIER_GOLDEN";

    public static void Match(string actual, string name, [CallerFilePath] string caller = "") =>
        MatchFile(actual, SourceFile.Path(Path.Combine("Golden", name), caller));

    /// <summary>The same for a file that lies elsewhere, such as a page of the reference that a test writes.</summary>
    public static void MatchFile(string actual, string path)
    {
        var name = Path.GetFileName(path);
        if (Environment.GetEnvironmentVariable(Variable) == "write")
        {
            Directory.CreateDirectory(Path.GetDirectoryName(path)!);
            File.WriteAllText(path, actual);
            return;
        }

        if (!File.Exists(path)) throw new InvalidOperationException($"No golden file {name}; write it with {Variable}=write.");
        var expected = File.ReadAllText(path);
        if (actual == expected) return;
        string[] was = expected.Split('\n'), now = actual.Split('\n');
        var line = was.Zip(now).TakeWhile(pair => pair.First == pair.Second).Count();
        throw new InvalidOperationException(
            $"{name} differs from line {line + 1}.\nwas: {was.ElementAtOrDefault(line)}\nnow: {now.ElementAtOrDefault(line)}\nIf it is meant, write it with {Variable}=write.");
    }
}
