using Espalier.Contracts.Agents;
using Espalier.Contracts.Datasets;
using Espalier.Contracts.Runs;
using Espalier.Contracts.Shared;
using Espalier.Contracts.Traces;
using Espalier.Core.Runs;
using Espalier.Testing.Fakes;
using Espalier.Workers.Commands;
using Espalier.Workers.Runs;
using Espalier.Workers.Runs.Workspaces;
using Espalier.Workers.Sandboxes.Bubblewrap;
using Microsoft.Extensions.Logging.Abstractions;

namespace Espalier.Workers.Tests.Fakes;

/// <summary>A runner on real sandboxes with a real Python agent; tokens, repository and gateway are fakes.</summary>
internal sealed class RunnerFixture : IAsyncDisposable
{
    private readonly TestFolder _folder = new();

    public RunnerFixture(Action<WorkersOptions>? change = null)
    {
        Gateway = new SocketGateway(_folder.Path, (token, path) => Tokens.BoundTo(token) is { } run ? $"{path} {run.Version} {run.Case}" : "unbound");
        var options = _folder.Options(o =>
        {
            o.GatewaySocket = Gateway.Path;
            change?.Invoke(o);
        });
        Sandbox = new BubblewrapSandbox(options, NullLogger<BubblewrapSandbox>.Instance);
        Files = new VersionFiles(Repository, _folder.Path);
        Folders = new WorkspaceFolders(Blobs, options);
        Tests = new WorkspaceTests(Sandbox, Folders, TimeProvider.System, options);
        Runner = new SandboxRunner(Sandbox, Files, Tokens, Secrets, Folders, Time, options, NullLogger<SandboxRunner>.Instance);
    }

    public SocketGateway Gateway { get; }

    public FakeSecrets Secrets { get; } = new();

    public InMemoryBlobStore Blobs { get; } = new();

    public WorkspaceFolders Folders { get; }

    public WorkspaceTests Tests { get; }

    public FakeTokens Tokens { get; } = new();

    public FilesRepository Repository { get; } = new();

    public ShiftedTime Time { get; } = new();

    public BubblewrapSandbox Sandbox { get; }

    public VersionFiles Files { get; }

    public SandboxRunner Runner { get; }

    public static CancellationToken Cancel => TestContext.Current.CancellationToken;

    public AgentVersion AddVersion(string name = "one") => Repository.Add(("agent.py", AgentSource()), ("version.txt", name));

    public Task<Run> RunAsync(
        AgentVersion version,
        string input,
        RunProtocol protocol,
        Func<RunContract, RunContract>? change = null,
        string? caseId = null,
        Func<string, CancellationToken, ValueTask>? onOutput = null,
        CaseWorkspace? workspace = null,
        CancellationToken? cancellationToken = null)
    {
        var run = new RunContract
        {
            Command = protocol switch { RunProtocol.Jsonl => "python3 agent.py jsonl", RunProtocol.Http => "python3 agent.py http", _ => "python3 agent.py" },
            Protocol = protocol,
            Timeout = TimeSpan.FromSeconds(20),
            MemoryBytes = 256 << 20,
            Environment = new Dictionary<string, string>(),
            Http = protocol == RunProtocol.Http ? new HttpContract { Path = "/run", Health = "/ready", Start = TimeSpan.FromSeconds(20), Concurrency = 1 } : null,
        };
        var request = new RunRequest
        {
            Version = version,
            Contract = new AgentContract
            {
                Agent = version.Agent,
                Run = change?.Invoke(run) ?? run,
                Artifacts = new Dictionary<string, IReadOnlyList<string>>(),
                Frozen = [],
                Judge = new JudgeContract(),
                Budget = new BudgetContract { Run = new Usd(7) },
            },
            Input = input,
            Purpose = Purpose.Evaluation,
            Budget = new BudgetId("session/1/search"),
            Case = caseId is null ? null : new CaseId(caseId),
            OnOutput = onOutput,
            Workspace = workspace,
        };
        return Runner.RunAsync(request, cancellationToken ?? Cancel);
    }

    public async ValueTask DisposeAsync()
    {
        await Runner.DisposeAsync();
        Tests.Dispose();
        await Sandbox.DisposeAsync();
        await Gateway.DisposeAsync();
        _folder.Dispose();
    }

    private static string AgentSource()
    {
        using var stream = typeof(RunnerFixture).Assembly.GetManifestResourceStream("agent.py")!;
        return new StreamReader(stream).ReadToEnd();
    }
}
