using Espalier.Contracts.Agents;
using Espalier.Contracts.Shared;
using Espalier.Core.Agents;
using Espalier.Core.Runs;
using Espalier.Core.Shared;
using Espalier.Core.Traces.Otlp;
using Espalier.Gateway.Policies;
using Espalier.Gateway.Tools;
using Espalier.Server.Hosting;
using Espalier.Server.Traces.Otlp;
using Espalier.Storage.ChDb;
using Espalier.Storage.Sqlite;
using Espalier.Workers.Sandboxes;

namespace Espalier.Server.Operations;

/// <summary>Checks what the product needs here, and says how to get what is missing.</summary>
internal sealed class Doctor(
    ServerFolder folder, SqliteDatabase database, ISandbox sandbox, IModelCatalog models, PolicyCheck policies, OtlpPorts otlp,
    OtlpCounts received, ToolDirectory tools, IServiceProvider services)
{
    private const long LowSpaceBytes = 1L << 30;

    public async Task<DoctorReport> CheckAsync(string? agentFolder, CancellationToken cancellationToken)
    {
        var checks = new List<DoctorCheck>
        {
            new("server", true, $"version {ServerHost.Version}, data in {folder.Path}", null),
            CheckDisk(),
            new("control plane", true, $"SQLite {database.Status.Version} ({database.Status.Library}), schema {database.Status.Schema}", null),
            CheckTraceStore(),
            CheckReceivers(),
            await CheckSandboxAsync(cancellationToken),
            new("models", true, string.Join(", ", models.List().Select(model => model.Name)), null),
        };
        if (agentFolder is not null) await CheckAgentAsync(agentFolder, checks, cancellationToken);
        return new DoctorReport { Checks = checks };
    }

    /// <summary>Why traces cannot be stored now; null when they can.</summary>
    public Task<DoctorCheck?> FindStoreProblemAsync(CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        var store = CheckTraceStore();
        return Task.FromResult(store.Ok ? null : store);
    }

    private DoctorCheck CheckDisk()
    {
        var free = new DriveInfo(folder.Path).AvailableFreeSpace;
        return free >= LowSpaceBytes
            ? new DoctorCheck("disk", true, $"{free / (1L << 30)} GiB free", null)
            : new DoctorCheck("disk", false, $"only {free / (1L << 20)} MiB free under {folder.Path}", "Free space, or start with --data on a larger disk.");
    }

    private DoctorCheck CheckTraceStore()
    {
        if (services.GetService<ChDbSupervisor>() is not { } supervisor) return new DoctorCheck("trace store", true, "ClickHouse server", null);
        var status = supervisor.Status;
        if (status.Problem is { } problem) return new DoctorCheck("trace store", false, problem, "See the message; './dev setup' fetches the library.");
        return new DoctorCheck("trace store", true, $"embedded ClickHouse, {(status.Running ? "running" : "starting")}, {status.Restarts} restarts", null);
    }

    /// <summary>A taken port is told and not a failure: another server of the same user may rightly have it.</summary>
    private DoctorCheck CheckReceivers()
    {
        var ports = (OtlpPort[])[otlp.Http, otlp.Grpc];
        var problem = string.Join(' ', ports.Where(port => port.Problem is not null).Select(port => $"Not open for {port.Transport}: {port.Problem}"));
        var open = string.Join(", ", ports.Where(port => port.Url is not null).Select(port => $"{port.Transport} on {port.Url}"));
        var counts = $"{received.Accepted(OtlpSignal.Traces)} spans, {received.Accepted(OtlpSignal.Logs)} log records, {received.Accepted(OtlpSignal.Metrics)} data points taken, {received.Refused} exports refused";
        return new DoctorCheck("otlp", true, string.Join("; ", ((string[])[open, counts, problem]).Where(part => part.Length > 0)), null);
    }

    private async Task<DoctorCheck> CheckSandboxAsync(CancellationToken cancellationToken)
    {
        var check = await sandbox.CheckAsync(cancellationToken);
        var others = SandboxPrograms.Installed().Where(name => name != sandbox.Name).ToList();
        return new DoctorCheck("sandbox", check.Usable, $"{sandbox.Name}: {check.Detail}{(others.Count > 0 ? $"; also installed: {string.Join(", ", others)}" : "")}", check.Fix);
    }

    private async Task CheckAgentAsync(string path, List<DoctorCheck> checks, CancellationToken cancellationToken)
    {
        DoctorCheck contract;
        var files = new Dictionary<string, byte[]>(StringComparer.Ordinal);
        AgentContract? read = null;
        try
        {
            if (!Directory.Exists(path)) throw new Refusal("folder-not-found", 422, $"There is no folder {path}.", "Give the agent's folder.");
            foreach (var file in Directory.EnumerateFiles(path, "*.yaml")) files[Path.GetFileName(file)] = File.ReadAllBytes(file);
            read = ContractReader.Read(files);
            contract = new DoctorCheck("contract", true, $"agent {read.Agent}, protocol {read.Run.Protocol.ToString().ToLowerInvariant()}", null);
        }
        catch (Refusal refusal)
        {
            contract = new DoctorCheck("contract", false, refusal.What, refusal.Fix);
        }

        checks.Add(contract);
        if (read is null) return;
        checks.AddRange(policies.Check(files).Select(problem => new DoctorCheck(problem.File, false, problem.What, problem.Fix)));
        foreach (var tool in read.Tools)
        {
            var (ok, detail, fix) = await tools.CheckAsync(read.Agent, tool, cancellationToken);
            checks.Add(new DoctorCheck($"tool {tool.Name}", ok, detail, fix));
        }
    }
}
