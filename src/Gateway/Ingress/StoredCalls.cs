using Espalier.Contracts.Traces;
using Espalier.Gateway.Accounting;
using Espalier.Gateway.Calls;
using Espalier.Gateway.Formats;
using Espalier.Gateway.Formats.Readings;
using Espalier.Gateway.Ingress.OpenAiChat;
using Espalier.Gateway.Providers;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;

namespace Espalier.Gateway.Ingress;

/// <summary>Replies that a provider keeps: fetched, deleted or ended by their id.</summary>
/// <remarks>A reply that was not finished when it was made is billed here, once, when it is fetched finished.</remarks>
internal sealed class StoredCalls(ModelCatalog models, StoredReplies stored, AttemptBook book, TimeProvider time)
{
    public async Task AskAsync(HttpContext http, RunAccount run, Operation operation, string behind)
    {
        var id = (string)http.GetRouteValue("id")!;
        var known = stored.Find(id);
        if (known is not null && known.Agent != run.Context.Agent) throw ChatRefusal.UnknownReply(id);
        var provider = known?.Model.Provider ?? Only(id, operation);
        var request = new ProviderRequest
        {
            Model = known?.Model.Model ?? "",
            Format = WireFormats.OpenAiResponses,
            Body = default,
            Key = provider.Keys?.Current.FirstOrDefault(key => key.Id == known?.Key),
            Stream = operation == Operation.Fetch && http.Request.Query["stream"] == "true",
            Operation = operation,
            Stored = $"{Uri.EscapeDataString(id)}{behind}{Query(http)}",
            Headers = AnswerEndpoints.Headers(http),
        };
        var reply = await provider.SendAsync(request, http.RequestAborted);
        var reading = new OpenAiResponsesReading();
        if (reply is ProviderReply.Streaming streaming)
        {
            var output = new EventStreamOutput(http, StreamFraming.ServerSentEvents, () => { });
            await foreach (var streamed in streaming.Events.WithCancellation(http.RequestAborted))
            {
                reading.ReadEvent(streamed);
                await output.WriteAsync(streamed);
            }

            await BillAsync(run, known, reading, http.RequestAborted);
            return;
        }

        var body = SideCalls.Whole(reply, WireFormats.OpenAiResponses);
        if (behind.Length == 0 && reading.TryReadWhole(body)) await BillAsync(run, known, reading, http.RequestAborted);
        await IngressCall.WriteAsync(http, StatusCodes.Status200OK, body);
    }

    private async Task BillAsync(RunAccount run, StoredReply? known, OpenAiResponsesReading reading, CancellationToken cancellationToken)
    {
        if (known is null || reading.InBackground || !reading.Usage.Finished || reading.Usage.Tokens is null || !known.TryBill()) return;
        var call = new CallRecord(run, known.Model.Model, time.GetUtcNow());
        var attempt = await book.OpenAsync(call, known.Model, AttemptRole.Primary, default, 0, null, cancellationToken);
        await book.CloseAsync(attempt, new AttemptResult
        {
            Billed = true,
            Reported = reading.Usage,
            OutputBytes = reading.OutputBytes,
            Error = reading.Error,
            Output = reading.Output,
            FinishReason = reading.FinishReason,
        });
    }

    private IProvider Only(string id, Operation operation)
    {
        var able = models.Providers.Where(provider => provider.Supports(operation) && provider.Serves("any")).ToList();
        return able.Count == 1 ? able[0] : throw ChatRefusal.UnknownReply(id);
    }

    private static string Query(HttpContext http)
    {
        // The run token may be among them; it is not for the provider.
        var pairs = http.Request.Query.Where(pair => pair.Key != "key").SelectMany(pair => pair.Value, (pair, value) => $"{Uri.EscapeDataString(pair.Key)}={Uri.EscapeDataString(value ?? "")}");
        var query = string.Join('&', pairs);
        return query.Length == 0 ? "" : "?" + query;
    }
}
