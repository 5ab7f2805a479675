using System.Text;
using System.Text.Json;
using Espalier.Core.Traces.Messages;
using Espalier.Core.Traces.Otlp;

namespace Espalier.Core.Traces.Imports.Otlp;

/// <summary>OTLP export requests as JSON: <c>{"resourceSpans": [...]}</c>, one a record; also <c>resourceLogs</c> with messages.</summary>
internal sealed class OtlpImport(OtlpRequests requests) : ITraceImport
{
    public const string FormatName = "otlp";

    public string Name => FormatName;

    public bool Recognizes(JsonElement record) => SignalOf(record) is not null;

    public ImportedRecord Read(JsonElement record, ImportDefaults defaults) =>
        requests.Json(SignalOf(record) ?? throw new ImportFault("it has neither resourceSpans nor resourceLogs"), Encoding.UTF8.GetBytes(record.GetRawText()));

    private static OtlpSignal? SignalOf(JsonElement record) =>
        Json.Get(record, "resourceSpans", "resource_spans") is { ValueKind: JsonValueKind.Array } ? OtlpSignal.Traces
        : Json.Get(record, "resourceLogs", "resource_logs") is { ValueKind: JsonValueKind.Array } ? OtlpSignal.Logs
        : null;
}
