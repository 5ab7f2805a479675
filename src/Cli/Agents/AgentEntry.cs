using System.Text.Json;

namespace Espalier.Cli.Agents;

/// <summary>How the agent in a folder is probably started, and which files are its code and prompts.</summary>
internal sealed record AgentEntry(string? Command, string Code, string Prompt)
{
    private static readonly string[] Python = ["agent.py", "main.py", "app.py", "__main__.py"];
    private static readonly string[] Node = ["agent.mjs", "agent.js", "index.mjs", "index.js", "main.js"];

    public static AgentEntry Detect(string folder)
    {
        var prompt = Array.Find(["prompts", "prompt"], name => Directory.Exists(Path.Combine(folder, name))) is { } found ? $"{found}/**" : "prompts/**";
        if (Array.Find(Python, Exists) is { } python) return new AgentEntry($"python3 {python}", Code(python, "*.py"), prompt);
        if (FromPackage(Path.Combine(folder, "package.json")) is { } main && Exists(main)) return new AgentEntry($"node {main}", Code(main, "*.js"), prompt);
        if (Array.Find(Node, Exists) is { } node) return new AgentEntry($"node {node}", Code(node, "*.js"), prompt);
        return new AgentEntry(null, "src/**", prompt);

        bool Exists(string name) => File.Exists(Path.Combine(folder, name));

        string Code(string entry, string others) =>
            Directory.Exists(Path.Combine(folder, "lib")) ? $"{entry}, lib/**"
            : Directory.Exists(Path.Combine(folder, "src")) ? $"{entry}, src/**"
            : Directory.EnumerateFiles(folder, others).Count() > 1 ? $"\"{others}\"" : entry;
    }

    private static string? FromPackage(string path)
    {
        try
        {
            using var package = JsonDocument.Parse(File.ReadAllBytes(path));
            return package.RootElement.TryGetProperty("main", out var main) ? main.GetString() : null;
        }
        catch (Exception exception) when (exception is IOException or JsonException or InvalidOperationException)
        {
            return null;
        }
    }
}
