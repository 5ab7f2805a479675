using System.Text.Json;
using Espalier.Contracts;
using Espalier.Contracts.Agents;
using Espalier.Contracts.Traces;
using Espalier.Core.Shared;
using Espalier.Core.Traces.Messages;

namespace Espalier.Core.Traces.Imports.Plain;

/// <summary>Our own lines, for whoever has logs of another form: one request each, with its steps and what was said about it. Also what
/// <c>espalier traces show --json</c> prints.</summary>
internal sealed class PlainImport(IPricing? pricing = null) : ITraceImport
{
    public const string FormatName = "jsonl";

    public string Name => FormatName;

    public bool Recognizes(JsonElement record) => Json.Get(record, "input", "output", "messages", "spans", "error") is not null;

    public ImportedRecord Read(JsonElement record, ImportDefaults defaults)
    {
        if (Json.Get(record, "summary") is { ValueKind: JsonValueKind.Object } summary) return Shown(record, summary);
        if (!Recognizes(record)) throw new ImportFault("it has none of input, output, messages, spans and error");
        var id = Json.Text(record, "id", "trace_id") ?? ContentHash.Of(32, record.GetRawText());
        var trace = new PlainTrace(ImportIds.Trace(Name, id), id, record, defaults, pricing);
        return new ImportedRecord(trace.Spans(), trace.Feedback());
    }

    private static ImportedRecord Shown(JsonElement record, JsonElement summary)
    {
        var spans = Json.Get(record, "spans")?.Deserialize(ContractsJson.Default.IReadOnlyListSpan) ?? throw new ImportFault("it has a summary and no spans");
        var feedback = Json.Get(summary, "feedback")?.Deserialize(ContractsJson.Default.IReadOnlyListFeedback) ?? [];
        return new ImportedRecord(spans, feedback);
    }
}
