using System.Text;
using System.Text.Json.Nodes;
using Espalier.Cli.Output;

namespace Espalier.Cli.Datasets;

/// <summary>Rows that were left out go to a file beside the source and are counted aloud; nothing is dropped in silence.</summary>
internal static class RejectedFile
{
    /// <summary>Writes the file and warns; returns its path, null when there was nothing to write.</summary>
    public static string? Write(Invocation invocation, RequestFile file)
    {
        if (file.Rejected.Count == 0) return null;
        var lines = new StringBuilder();
        foreach (var row in file.Rejected)
            lines.Append(new JsonObject { ["line"] = row.Line, ["reason"] = row.Reason, ["row"] = row.Raw }.ToJsonString()).Append('\n');
        var target = Save(file.Path + ".rejected.jsonl", lines.ToString())
            ?? Save(Path.Combine(invocation.Folder, Path.GetFileName(file.Path) + ".rejected.jsonl"), lines.ToString());
        var first = file.Rejected[0];
        invocation.Warn($"{file.Rejected.Count} of {file.Rejected.Count + file.Rows.Count} rows were left out (line {first.Line}: {first.Reason}); "
            + (target is null ? "their list could not be written" : $"all of them are in {target}"));
        return target;
    }

    private static string? Save(string path, string text)
    {
        try
        {
            File.WriteAllText(path, text);
            return path;
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            return null;
        }
    }
}
