using System.Diagnostics;
using Espalier.Contracts.Shared;
using Espalier.Core.Traces.Otlp;
using Espalier.Gateway.Providers;
using Espalier.Server.Traces.Otlp;
using Espalier.Storage.ChDb;

namespace Espalier.Server.Operations;

/// <summary>Reads what this process uses.</summary>
internal sealed class Diagnostics(OtlpCounts counts, OtlpReceiver receiver, GatewayState gateway, TimeProvider time, IServiceProvider services)
{
    public ServerDiagnostics Read() => new()
    {
        Process = new ProcessUse
        {
            ProcessId = Environment.ProcessId,
            UptimeSeconds = (time.GetUtcNow() - StartTime()).TotalSeconds,
            CpuSeconds = Environment.CpuUsage.TotalTime.TotalSeconds,
            AllocatedBytes = GC.GetTotalAllocatedBytes(precise: false),
            HeapBytes = GC.GetGCMemoryInfo().HeapSizeBytes,
            WorkingSetBytes = Environment.WorkingSet,
            PauseSeconds = GC.GetTotalPauseDuration().TotalSeconds,
        },
        Ingest = new IngestCounts
        {
            Spans = counts.Accepted(OtlpSignal.Traces),
            LogRecords = counts.Accepted(OtlpSignal.Logs),
            DataPoints = counts.Accepted(OtlpSignal.Metrics),
            Rejected = Enum.GetValues<OtlpSignal>().Sum(counts.Rejected),
            RefusedExports = counts.Refused,
            InWork = receiver.InWork,
            Waiting = receiver.Waiting,
        },
        Gateway = gateway.Read(),
        TraceStoreProcessId = services.GetService<ChDbSupervisor>()?.Status.ProcessId,
    };

    private static DateTimeOffset StartTime()
    {
        using var process = Process.GetCurrentProcess();
        return new DateTimeOffset(process.StartTime);
    }
}
