using System.Text.Json;
using Espalier.Loop.Tests.Programs;

namespace Espalier.Loop.Tests.Demo;

/// <summary>A small set out of the sample's requests: few intents with many requests each, so that a short search finds something.</summary>
internal static class DemoData
{
    private const int Intents = 8;

    /// <summary>Writes the file and returns its path.</summary>
    public static string Write(Place place, int requests = 260) => place.Write("requests.jsonl", string.Join('\n', Lines(requests)) + "\n");

    /// <summary>The lines as they are in the sample.</summary>
    public static IEnumerable<string> Lines(int requests)
    {
        var lines = File.ReadLines(Path.Combine(BuiltPrograms.Repository, "samples", "support-triage", "requests.jsonl"))
            .Where(line => line.Length > 0)
            .Select(line => (Line: line, Intent: IntentOf(line)))
            .ToArray();
        var chosen = lines.GroupBy(pair => pair.Intent).OrderByDescending(group => group.Count()).ThenBy(group => group.Key, StringComparer.Ordinal).Take(Intents).Select(group => group.Key).ToHashSet();
        return lines.Where(pair => chosen.Contains(pair.Intent)).Select(pair => pair.Line).Take(requests);
    }

    private static string IntentOf(string line)
    {
        using var document = JsonDocument.Parse(line);
        return document.RootElement.GetProperty("intent").GetString()!;
    }
}
