using Espalier.Contracts.Agents;
using Espalier.Contracts.Shared;
using Espalier.Core.Agents;
using Espalier.Core.Shared;

namespace Espalier.Core.Tests.Agents;

public sealed class ContractReaderTests
{
    private const string Good = """
        agent: support-triage
        run:
          command: python3 agent.py
          protocol: jsonl
          timeout: 20s
          memory_mb: 256
          environment: { MODE: quick, EMPTY: }
        artifacts:
          prompt: [prompts/**]
          models: models.yaml
        frozen: [tests/**]
        judge: { expected: normalised }
        objectives: [maximize pass_rate, minimize cost]
        policy: { floors: { task_success: 0.5 } }
        escalation: escalation.md
        budget: { session: 200usd, run: 0.50usd, unknown_price: allow_and_flag }
        deploy: { auto: never }
        """;

    [Fact]
    public void Read_WholeContract_HasEveryValue()
    {
        var contract = ContractReader.Read(Good);
        contract.Agent.ShouldBe("support-triage");
        contract.Run.Command.ShouldBe("python3 agent.py");
        contract.Run.Protocol.ShouldBe(RunProtocol.Jsonl);
        contract.Run.Timeout.ShouldBe(TimeSpan.FromSeconds(20));
        contract.Run.MemoryBytes.ShouldBe(256L << 20);
        contract.Run.Environment["MODE"].ShouldBe("quick");
        contract.Run.Environment["EMPTY"].ShouldBe("");
        contract.Artifacts.Keys.ShouldBe(["prompt", "models"]);
        contract.Artifacts["models"].ShouldBe(["models.yaml"]);
        contract.Frozen.ShouldBe(["tests/**", "espalier.yaml"]);
        contract.Judge.ShouldBe(new JudgeContract { Expected = "normalised" });
        contract.Budget.Session.ShouldBe(Usd.FromDollars(200));
        contract.Budget.UnknownPrice.ShouldBe(UnknownPricePolicy.AllowAndFlag);
        contract.Budget.Run.ShouldBe(Usd.FromDollars(0.50m));
    }

    [Fact]
    public void Read_ShortestContract_HasDefaults()
    {
        var contract = ContractReader.Read("agent: a\nrun: { command: ./a }\nartifacts: { prompt: [p.md] }\njudge: { verifier: ./check }\n");
        contract.Run.Protocol.ShouldBe(RunProtocol.Stdio);
        contract.Run.Timeout.ShouldBe(TimeSpan.FromSeconds(60));
        contract.Run.MemoryBytes.ShouldBe(512L << 20);
        contract.Run.Environment.ShouldBeEmpty();
        contract.Frozen.ShouldBe(["espalier.yaml"]);
        contract.Budget.Session.ShouldBeNull();
        contract.Budget.UnknownPrice.ShouldBeNull();
        contract.Budget.Run.ShouldBe(Usd.FromDollars(0.50m));
    }

    [Theory]
    [InlineData("agent: support-triage", "agent: Support Triage", "line 1: 'agent' is 'Support Triage'", "lower-case")]
    [InlineData("agent: support-triage", "agent: -x", "'agent' is '-x'", "lower-case")]
    [InlineData("agent: support-triage", "agent: ''", "'agent' is missing", "agent: support-triage")]
    [InlineData("agent: support-triage", "agent: [a]", "line 1: 'agent' must be a text", "Quote")]
    [InlineData("agent: support-triage", "agnet: support-triage", "'agent' is missing", "agent: support-triage")]
    [InlineData("agent: support-triage", "agent: support-triage\nschema: 2", "line 2: 'schema' is '2'", "from 1 to 1")]
    [InlineData("agent: support-triage", "agent: support-triage\nextra: 2", "line 2: 'extra' is not a known key", "Known here: agent")]
    [InlineData("  command: python3 agent.py\n", "", "'run.command' is missing", "command: python3 agent.py")]
    [InlineData("  command: python3 agent.py", "  comand: python3 agent.py", "'run.command' is missing", "command: python3 agent.py")]
    [InlineData("protocol: jsonl", "protocol: grpc", "line 4: 'run.protocol' is 'grpc'", "stdio")]
    [InlineData("protocol: jsonl", "protocol: jsonl\n  health: /ready", "line 5: 'run.health' is for the protocol http", "protocol: http")]
    [InlineData("protocol: jsonl", "protocol: http\n  path: ready", "line 5: 'run.path' is 'ready'", "such as /run")]
    [InlineData("protocol: jsonl", "protocol: http\n  path: //evil", "line 5: 'run.path' is '//evil'", "such as /run")]
    [InlineData("protocol: jsonl", "protocol: http\n  start: 1h", "line 5: 'run.start' is '1h'", "from 1s to 10m")]
    [InlineData("protocol: jsonl", "protocol: http\n  concurrency: 0", "line 5: 'run.concurrency' is '0'", "from 1 to 64")]
    [InlineData("protocol: jsonl", "protocol: jsonl\n  secrets: [OPENAI_API_KEY]", "line 5: 'run.secrets' holds 'OPENAI_API_KEY'", "none of those")]
    [InlineData("protocol: jsonl", "protocol: jsonl\n  secrets: [LD_PRELOAD]", "line 5: 'run.secrets' holds 'LD_PRELOAD'", "none of those")]
    [InlineData("protocol: jsonl", "protocl: jsonl", "line 4: 'run.protocl' is not a known key", "Did you mean 'protocol'?")]
    [InlineData("timeout: 20s", "timeout: 20", "line 5: 'run.timeout' is '20'", "from 1s to 1h")]
    [InlineData("timeout: 20s", "timeout: NaNs", "line 5: 'run.timeout' is 'NaNs'", "from 1s to 1h")]
    [InlineData("timeout: 20s", "timeout: 2h", "line 5: 'run.timeout' is '2h'", "from 1s to 1h")]
    [InlineData("timeout: 20s", "timeout: 10ms", "line 5: 'run.timeout' is '10ms'", "from 1s to 1h")]
    [InlineData("memory_mb: 256", "memory_mb: 16", "line 6: 'run.memory_mb' is '16'", "from 64 to 65536")]
    [InlineData("memory_mb: 256", "memory_mb: lots", "line 6: 'run.memory_mb' is 'lots'", "whole number")]
    [InlineData("prompt: [prompts/**]", "prompt: [/etc/**]", "line 9: 'artifacts.prompt' holds the pattern '/etc/**'", "relative")]
    [InlineData("prompt: [prompts/**]", "prompt: [../x]", "'artifacts.prompt' holds the pattern '../x'", "without '..'")]
    [InlineData("prompt: [prompts/**]", "prompt: [.git/hooks/**]", "'artifacts.prompt' holds the pattern '.git/hooks/**'", "outside .git")]
    [InlineData("prompt: [prompts/**]", "prompt:", "line 9: 'artifacts.prompt' is empty", "path patterns")]
    [InlineData("prompt: [prompts/**]", "prompt: []", "line 9: 'artifacts.prompt' is empty", "path patterns")]
    [InlineData("prompt: [prompts/**]", "prompt: ['']", "line 9: 'artifacts.prompt' holds the pattern ''", "relative")]
    [InlineData("judge: { expected: normalised }", "judge: { expected: fuzzy }", "'judge.expected' is 'fuzzy'", "exact, normalised, contains")]
    [InlineData("judge: { expected: normalised }", "judge: {}", "'judge' names no way to judge", "expected, verifier or rubric")]
    [InlineData("judge: { expected: normalised }", "judge:", "'judge' is missing", "expected: normalised")]
    [InlineData("judge: { expected: normalised }", "judge: { expectd: exact }", "'judge.expectd' is not a known key", "Did you mean 'expected'?")]
    [InlineData("session: 200usd", "session: lots", "'budget.session' is 'lots'", "0.50usd")]
    [InlineData("session: 200usd", "session: 0usd", "'budget.session' is '0usd'", "0.50usd")]
    [InlineData("allow_and_flag", "allow", "'budget.unknown_price' is 'allow'", "allow_and_flag")]
    [InlineData("session: 200usd", "sesion: 200usd", "'budget.sesion' is not a known key", "Did you mean 'session'?")]
    [InlineData("agent: support-triage", "agent: support-triage\nagent: twice", "not valid YAML", "Check indentation")]
    public void Read_OneMistake_SaysWhatWhereAndHowToMendIt(string was, string now, string what, string fix)
    {
        Good.ShouldContain(was);
        var refusal = Should.Throw<Refusal>(() => ContractReader.Read(Good.Replace(was, now, StringComparison.Ordinal)));
        refusal.What.ShouldStartWith("espalier.yaml, line ");
        refusal.What.ShouldContain(what);
        refusal.Fix.ShouldContain(fix);
        refusal.Status.ShouldBe(422);
    }

    [Theory]
    [InlineData("run:")]
    [InlineData("artifacts:")]
    [InlineData("judge:")]
    public void Read_MissingPart_NamesIt(string part)
    {
        var lines = Good.Split('\n').ToList();
        var start = lines.FindIndex(line => line.StartsWith(part, StringComparison.Ordinal));
        var end = lines.FindIndex(start + 1, line => line.Length > 0 && line[0] != ' ');
        lines.RemoveRange(start, end - start);
        Should.Throw<Refusal>(() => ContractReader.Read(string.Join('\n', lines))).What.ShouldContain($"'{part[..^1]}' is missing");
    }

    [Fact]
    public void Read_Http_AllKeys() =>
        ContractReader.Read(Good.Replace("protocol: jsonl", "protocol: http\n  path: /run\n  health: /ready\n  start: 2m\n  concurrency: 8\n  secrets: [CRM_KEY, B2]", StringComparison.Ordinal))
            .Run.ShouldSatisfyAllConditions(
                run => run.Protocol.ShouldBe(RunProtocol.Http),
                run => run.Http.ShouldBe(new HttpContract { Path = "/run", Health = "/ready", Start = TimeSpan.FromMinutes(2), Concurrency = 8 }),
                run => run.Secrets.ShouldBe(["CRM_KEY", "B2"]));

    [Fact]
    public void Read_NoFile_SaysInit()
    {
        var refusal = Should.Throw<Refusal>(() => ContractReader.Read(new Dictionary<string, byte[]>()));
        refusal.Code.ShouldBe("contract-missing");
        refusal.Fix.ShouldContain("espalier init");
    }

    [Fact]
    public void Read_NotUtf8_IsARefusalAndNoCrash() =>
        Should.Throw<Refusal>(() => ContractReader.Read(new Dictionary<string, byte[]> { ["espalier.yaml"] = [0xff, 0xfe, 0x00, 0x80, 0x0a] }));
}
