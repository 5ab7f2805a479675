using System.Text.Json;
using Espalier.Contracts.Traces;
using Espalier.Core.Traces.Imports.Otlp;
using Espalier.Core.Traces.Messages;
using Espalier.Core.Traces.Otlp;

namespace Espalier.Core.Traces.Imports.Langfuse;

/// <summary>Langfuse's exports: a trace with its observations, as its interface downloads (<c>{"trace", "observations"}</c>) and its API answers it.</summary>
/// <remarks>
/// Written over into the request that Langfuse's own SDK would have sent, so that files and live traffic are read by the same rules. What the
/// original client sent to Langfuse is kept beside it where the export has it.
/// </remarks>
internal sealed class LangfuseImport(OtlpRequests requests) : ITraceImport
{
    public const string FormatName = "langfuse";

    public string Name => FormatName;

    public bool Recognizes(JsonElement record) => Find(record) is not null;

    public ImportedRecord Read(JsonElement record, ImportDefaults defaults)
    {
        var (trace, observations) = Find(record) ?? throw new ImportFault("it has no trace with observations");
        var id = Json.Text(trace, "id") ?? throw new ImportFault("its trace has no id");
        var request = new LangfuseRequest(ImportIds.Trace(Name, id), id);
        var read = requests.Json(OtlpSignal.Traces, request.Write(trace, observations));
        return read with { Feedback = [.. read.Feedback, .. LangfuseScores.Read(trace, ImportIds.Trace(Name, id), id)] };
    }

    /// <summary>The trace and its observations, also one object deeper: some keep an export as a field beside their own.</summary>
    private static (JsonElement Trace, JsonElement Observations)? Find(JsonElement record, int depth = 0)
    {
        var trace = Json.Get(record, "trace");
        if (Json.Get(record, "observations") is { ValueKind: JsonValueKind.Array } observations)
        {
            if (trace is { ValueKind: JsonValueKind.Object } beside && Json.Text(beside, "id") is not null) return (beside, observations);
            return Json.Text(record, "id") is not null && (Json.Text(record, "timestamp") is not null || observations.GetArrayLength() > 0) ? (record, observations) : null;
        }

        return depth == 0 && trace is { ValueKind: JsonValueKind.Object } inner ? Find(inner, depth + 1) : null;
    }
}
