using System.Text.Json;
using Espalier.Contracts.Traces;
using Espalier.Core.Shared;

namespace Espalier.Core.Traces.Imports;

/// <summary>Reads records of files with traces, each by the format that it has.</summary>
/// <param name="imports">In the order in which they are asked whether a record is theirs.</param>
public sealed class TraceImporter(IEnumerable<ITraceImport> imports, Otlp.OtlpRequests otlp)
{
    private const int Deepest = 128;

    /// <summary>Where traces begin that do not say when. A time of its own, so that importing them again meets the same days.</summary>
    public static readonly DateTimeOffset UsualStart = new(2024, 1, 1, 0, 0, 0, TimeSpan.Zero);

    private readonly IReadOnlyList<ITraceImport> _imports = [.. imports];

    /// <exception cref="Refusal">Nobody knows the format.</exception>
    public ImportedBatch Read(TraceImportBatch batch)
    {
        var forced = batch.Format is null
            ? null
            : _imports.FirstOrDefault(import => import.Name == batch.Format)
                ?? throw new Refusal(
                    "format-unknown", 422, $"'{batch.Format}' is no format of traces.", $"Known: {string.Join(", ", _imports.Select(import => import.Name))}; or give none.");
        var defaults = new ImportDefaults(batch.Agent, batch.At ?? UsualStart);
        var result = new ImportedBatch();
        foreach (var record in batch.Records)
        {
            try
            {
                Read(record, forced, defaults, result);
            }
            catch (ImportFault fault)
            {
                result.Reject(record.Line, fault.Message);
            }
            catch (Exception fault) when (fault is JsonException or InvalidOperationException or FormatException or OverflowException or KeyNotFoundException)
            {
                // Files of others: a field may be of any type. One record must not cost the rest.
                result.Reject(record.Line, fault is JsonException ? $"not JSON: {fault.Message}" : $"a field has another type than its format says: {fault.Message}");
            }
        }

        return result;
    }

    private void Read(TraceImportRecord record, ITraceImport? forced, ImportDefaults defaults, ImportedBatch result)
    {
        if (record.Protobuf is { } protobuf)
        {
            result.Add(record.Line, Otlp.OtlpImport.FormatName, WithAgent(otlp.Protobuf(Convert.FromBase64String(protobuf)), defaults));
            return;
        }

        if (string.IsNullOrWhiteSpace(record.Content)) throw new ImportFault("it is empty");
        using var document = JsonDocument.Parse(record.Content, new JsonDocumentOptions { MaxDepth = Deepest });
        var root = document.RootElement;
        if (root.ValueKind != JsonValueKind.Object) throw new ImportFault($"it is no object but {root.ValueKind.ToString().ToLowerInvariant()}");
        var import = forced ?? _imports.FirstOrDefault(one => one.Recognizes(root))
            ?? throw new ImportFault($"it has the fields of no known format (it has {Fields(root)})");
        result.Add(record.Line, import.Name, WithAgent(import.Read(root, defaults), defaults));
    }

    private static ImportedRecord WithAgent(ImportedRecord read, ImportDefaults defaults) =>
        defaults.Agent is { } agent ? read with { Spans = [.. read.Spans.Select(span => span with { Agent = agent })] } : read;

    private static string Fields(JsonElement record) => string.Join(", ", record.EnumerateObject().Take(8).Select(field => field.Name));
}
