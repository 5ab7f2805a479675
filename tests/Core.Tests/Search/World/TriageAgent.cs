using Espalier.Contracts.Agents;
using Espalier.Core.Agents;
using Espalier.Core.Shared;

namespace Espalier.Core.Tests.Search.World;

/// <summary>A small agent's files, and how good and how long its prompts are: a function of the files alone.</summary>
internal sealed record TriageAgent
{
    public const string Name = "triage-agent";
    public const string Cheap = "cheap-model";
    public const string Dear = "dear-model";

    public required IReadOnlyList<string> Models { get; init; }

    /// <summary>Below this confidence the second model is asked.</summary>
    public required double? Below { get; init; }

    public required int Retrieved { get; init; }

    public required int Examples { get; init; }

    public required double ListTokens { get; init; }

    public required bool Described { get; init; }

    public static Dictionary<string, string> Files(string contract = Contract) => new()
    {
        ["espalier.yaml"] = contract,
        ["models.yaml"] = $"slots:\n  triage:\n    model: {Dear}\n    temperature: 0\n",
        ["prompts/system.md"] = "You sort requests.\nAnswer with the one label that fits.\n\n{{labels}}\n",
        ["prompts/labels.txt"] = string.Join('\n', TriageCases.Labels) + "\n",
        ["agent.py"] = "print('served elsewhere')\n",
    };

    /// <summary>Tokens of the prompt besides the list, the examples and the request.</summary>
    private const int Overhead = 150;

    public const string Contract = """
        agent: triage-agent
        run: { command: python3 agent.py, protocol: jsonl, timeout: 5s }
        artifacts:
          prompt: [prompts/**]
          models: [models.yaml]
          router: [router.yaml]
          memory: [memory.yaml]
        judge: { expected: normalised }
        budget: { run: 0.05usd }
        """;

    public static TriageAgent Read(IReadOnlyDictionary<string, byte[]> files)
    {
        string? Text(string path) => files.TryGetValue(path, out var bytes) ? System.Text.Encoding.UTF8.GetString(bytes) : null;
        var model = StrictYaml.Parse("models.yaml", Text("models.yaml")!).Mapping("slots")!.Mapping("triage")!.Text("model")!;
        var steps = Text("router.yaml") is { } router ? StrictYaml.Parse("router.yaml", router).Mapping("routes")!.Mapping("triage")!.Mappings("cascade")! : [];
        var labels = Text("prompts/labels.txt")!;
        return new TriageAgent
        {
            Models = steps.Count > 0 ? [.. steps.Select(step => step.Text("model")!)] : [model],
            Below = steps.Count > 0 ? steps[0].Number("below") : null,
            Retrieved = Text("memory.yaml") is { } memory ? StrictYaml.Parse("memory.yaml", memory).Mapping("retrieval")!.WholeNumber("k", 1, 100)!.Value : 0,
            Examples = LabelledExamples.Parse(Text("prompts/system.md")!).Count,
            ListTokens = labels.Length / 4.0,
            Described = labels.Contains(": ", StringComparison.Ordinal),
        };
    }

    /// <summary>Probability of the right answer. Memory is the planted treasure; the dear model adds little once it is there.</summary>
    public double PassProbability()
    {
        var rate = Models.Contains(Dear) ? 0.45 : 0.38;
        rate += Retrieved switch { 0 => 0, < 8 => 0.22, < 16 => 0.38, _ => 0.41 };
        rate += Examples switch { 0 => 0, < 20 => 0.04, _ => 0.08 };
        if (Described) rate += 0.05;
        if (ListTokens < 10 && Retrieved < 8) rate -= 0.15;
        return Math.Clamp(rate, 0.02, 0.97);
    }

    public long Tokens(string input) => (long)Math.Round(Overhead + (input.Length / 4.0) + ListTokens + (25 * (Retrieved + Examples)));

    /// <summary>Nano-dollars for one request: the second model of a cascade is asked for a share of them.</summary>
    public long CostOf(string input, double confidence)
    {
        var first = Tokens(input) * PriceOf(Models[0]);
        return Models.Count > 1 && confidence < Below ? first + (Tokens(input) * PriceOf(Models[^1])) : first;
    }

    private static long PriceOf(string model) => model == Dear ? 1_000 : 200;
}
