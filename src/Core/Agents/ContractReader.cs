using System.Globalization;
using Espalier.Contracts.Agents;
using Espalier.Contracts.Shared;
using Espalier.Core.Shared;

namespace Espalier.Core.Agents;

/// <summary>Reads and checks <c>espalier.yaml</c>. Every mistake is a refusal that names line, key and fix.</summary>
public static class ContractReader
{
    public const string FileName = "espalier.yaml";

    private static readonly string[] ExpectedModes = ["exact", "normalised", "contains"];

    public static AgentContract Read(IReadOnlyDictionary<string, byte[]> files)
    {
        if (!files.TryGetValue(FileName, out var bytes))
        {
            throw new Refusal(
                "contract-missing", 422, $"There is no {FileName} at the root of the agent's folder.", "Run 'espalier init' in the agent's folder.");
        }

        return Read(System.Text.Encoding.UTF8.GetString(bytes));
    }

    public static AgentContract Read(string text)
    {
        var yaml = StrictYaml.Parse(FileName, text);
        _ = yaml.WholeNumber("schema", 1, 1);
        var agent = yaml.RequiredText("agent", "support-triage");
        if (!IsName(agent)) throw yaml.Bad("agent", $"is '{agent}'", "Use 1 to 64 lower-case letters, digits and dashes.");
        var contract = new AgentContract
        {
            Agent = agent,
            Run = ReadRun(yaml.Mapping("run") ?? throw yaml.Bad("run", "is missing", "Write 'run:' with 'command: ...' below it.")),
            Artifacts = ReadArtifacts(yaml),
            Frozen = [.. (yaml.Texts("frozen") ?? []).Union([FileName])],
            Judge = ReadJudge(yaml),
            Budget = ReadBudget(yaml.Mapping("budget")),
            Capture = ReadCapture(yaml.Mapping("capture")),
            Tools = ToolContractReader.Read(yaml.Mapping("tools")),
        };
        ReadLater(yaml);
        yaml.Finish();
        return contract;
    }

    /// <summary>What a version's contract says of capture alone; nothing where there is no contract.</summary>
    public static CaptureContract Captures(IReadOnlyDictionary<string, byte[]> files) => files.TryGetValue(FileName, out var bytes)
        ? ReadCapture(StrictYaml.Parse(FileName, System.Text.Encoding.UTF8.GetString(bytes)).Mapping("capture")) : new CaptureContract();

    private static RunContract ReadRun(StrictYaml yaml)
    {
        var protocol = yaml.Text("protocol") ?? "stdio";
        var timeout = yaml.Text("timeout") ?? "60s";
        var memory = yaml.WholeNumber("memory_mb", 64, 65_536) ?? 512;
        var run = new RunContract
        {
            Command = yaml.RequiredText("command", "python3 agent.py"),
            Protocol = protocol switch
            {
                "stdio" => RunProtocol.Stdio,
                "jsonl" => RunProtocol.Jsonl,
                "http" => RunProtocol.Http,
                _ => throw yaml.Bad(
                    "protocol", $"is '{protocol}'", "Use stdio (one process a request), jsonl (one JSON line a request) or http (a server on $PORT)."),
            },
            Timeout = Durations.TryParse(timeout, out var limit) && limit >= TimeSpan.FromSeconds(1) && limit <= TimeSpan.FromHours(1)
                ? limit
                : throw yaml.Bad("timeout", $"is '{timeout}'", "Use a duration from 1s to 1h, such as 60s."),
            MemoryBytes = (long)memory << 20,
            Environment = ReadEnvironment(yaml.Mapping("environment")),
            Secrets = CheckSecrets(yaml, yaml.Texts("secrets") ?? []),
            Http = HttpContractReader.Read(yaml, protocol),
        };
        yaml.Finish();
        return run;
    }

    private static IReadOnlyList<string> CheckSecrets(StrictYaml yaml, IReadOnlyList<string> names) => names.FirstOrDefault(name => !SecretNames.IsName(name)) is { } wrong
        ? throw yaml.Bad("secrets", $"holds '{wrong}'", "Name environment variables: upper-case letters, digits and '_', none of those that the server sets itself.")
        : names;

    private static Dictionary<string, string> ReadEnvironment(StrictYaml? yaml) =>
        yaml is null ? [] : yaml.Keys.ToDictionary(key => key, key => yaml.Text(key) ?? "");

    private static Dictionary<string, IReadOnlyList<string>> ReadArtifacts(StrictYaml yaml)
    {
        var artifacts = yaml.Mapping("artifacts")
            ?? throw yaml.Bad("artifacts", "is missing", "Name what may be edited, such as 'artifacts: { prompt: [prompts/**] }'.");
        var read = new Dictionary<string, IReadOnlyList<string>>(StringComparer.Ordinal);
        foreach (var name in artifacts.Keys)
        {
            var patterns = artifacts.Texts(name) is { Count: > 0 } listed
                ? listed
                : throw artifacts.Bad(name, "is empty", "Write path patterns, such as [prompts/**].");
            foreach (var pattern in patterns)
            {
                if (pattern.Length == 0 || pattern.StartsWith('/') || pattern.Contains("..", StringComparison.Ordinal) || pattern.StartsWith(".git", StringComparison.Ordinal))
                    throw artifacts.Bad(name, $"holds the pattern '{pattern}'", "Patterns are relative to the repository, without '..' and outside .git.");
            }

            read[name] = patterns;
        }

        return read;
    }

    private static JudgeContract ReadJudge(StrictYaml yaml)
    {
        var judge = yaml.Mapping("judge") ?? throw yaml.Bad("judge", "is missing", "Write 'judge: { expected: normalised }' or 'judge: { verifier: COMMAND }'.");
        var expected = judge.Text("expected");
        if (expected is not null && !ExpectedModes.Contains(expected))
            throw judge.Bad("expected", $"is '{expected}'", $"Use one of {string.Join(", ", ExpectedModes)}.");
        var read = new JudgeContract { Expected = expected, Verifier = judge.Text("verifier"), Rubric = judge.Text("rubric") };
        judge.Finish();
        return read is { Expected: null, Verifier: null, Rubric: null }
            ? throw yaml.Bad("judge", "names no way to judge", "Write expected, verifier or rubric below it.")
            : read;
    }

    private static BudgetContract ReadBudget(StrictYaml? yaml)
    {
        var usual = Usd.FromDollars(0.50m);
        if (yaml is null) return new BudgetContract { Run = usual };
        var budget = new BudgetContract { Session = Money(yaml, "session"), Run = Money(yaml, "run") ?? usual, UnknownPrice = UnknownPrice(yaml, yaml.Text("unknown_price")) };
        yaml.Finish();
        return budget;
    }

    private static CaptureContract ReadCapture(StrictYaml? yaml)
    {
        if (yaml is null) return new CaptureContract();
        var capture = new CaptureContract { TokenIds = Flag(yaml, "token_ids"), LogProbs = Flag(yaml, "log_probs") };
        yaml.Finish();
        return capture;
    }

    private static bool Flag(StrictYaml yaml, string key) => yaml.Text(key) switch
    {
        null or "false" => false,
        "true" => true,
        { } other => throw yaml.Bad(key, $"is '{other}'", "Write true or false."),
    };

    private static UnknownPricePolicy? UnknownPrice(StrictYaml yaml, string? word) => word switch
    {
        null => null,
        "block" => UnknownPricePolicy.Block,
        "allow_and_flag" => UnknownPricePolicy.AllowAndFlag,
        { } other => throw yaml.Bad("unknown_price", $"is '{other}'", "Write block (refuse models without a known price) or allow_and_flag."),
    };

    private static Usd? Money(StrictYaml? yaml, string key)
    {
        if (yaml?.Text(key) is not { } text) return null;
        return Usd.TryParse(text, out var amount) && amount > Usd.Zero
            ? amount
            : throw yaml.Bad(key, $"is '{text}'", "Write money as 0.50usd.");
    }

    /// <summary>Keys of the contract that later parts of the product read; they are accepted, and their shape is checked there.</summary>
    private static void ReadLater(StrictYaml yaml)
    {
        _ = yaml.Texts("objectives");
        _ = yaml.Mapping("policy");
        _ = yaml.Text("escalation");
        _ = yaml.Mapping("deploy");
    }

    private static bool IsName(string name) =>
        name.Length is > 0 and <= 64
        && name.All(c => char.IsAsciiLetterLower(c) || char.IsAsciiDigit(c) || c == '-')
        && char.IsAsciiLetterOrDigit(name[0]);
}
