using Espalier.Contracts.Traces;
using Espalier.Core.Shared;
using Espalier.Core.Traces;
using Espalier.Core.Traces.Imports;
using Espalier.Server.Hosting;
using Microsoft.AspNetCore.Http.HttpResults;

namespace Espalier.Server.Traces.Imports;

internal static class ImportEndpoints
{
    private const int MostRecords = 1000;
    private const int MostSpansAtOnce = 1000;

    public static void MapTraceImports(this IEndpointRouteBuilder routes) =>
        routes.MapPost("/traces/imports", ImportAsync).WithTags("traces").WithSummary("Store records of files with traces: OTLP, Langfuse, tau-bench, plain lines")
            .ProducesProblem(422).ProducesProblem(429).TakesBulk();

    private static async Task<Ok<TraceImportReceipt>> ImportAsync(
        TraceImportBatch batch, TraceImporter importer, ITraceWriter store, CancellationToken cancellationToken)
    {
        if (batch.Records.Count > MostRecords)
            throw new Refusal("batch-too-large", 422, $"The batch has {batch.Records.Count} records.", $"Send at most {MostRecords} at once.");
        batch.Records.WithoutNulls("records");
        var read = importer.Read(batch);

        // Spans first: what is said about a trace may come before it, but there is no reason to.
        foreach (var spans in read.Spans.Chunk(MostSpansAtOnce)) await store.WriteAsync(spans, cancellationToken);
        if (read.Feedback.Count > 0) await store.WriteFeedbackAsync(read.Feedback, cancellationToken);
        return TypedResults.Ok(read.Receipt());
    }
}
