using Espalier.Contracts.Runs;
using Espalier.Core.Runs;
using Espalier.Gateway.Accounting;
using Espalier.Gateway.Accounting.Deferred;
using Espalier.Gateway.Calls;
using Espalier.Gateway.Formats;
using Espalier.Gateway.Formats.Readings;
using Espalier.Gateway.Policies.Guardrails;
using Espalier.Gateway.Providers;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;

namespace Espalier.Gateway.Ingress;

/// <summary>Replies that a provider keeps: fetched, deleted or ended by their id.</summary>
/// <remarks>A reply that was not finished when it was made is billed when it is fetched finished, or when the poller finds it so: once.</remarks>
internal sealed class StoredCalls(ModelCatalog models, StoredReplies stored, IDeferredBills deferred, BackgroundResponses background, GuardedVersions guarded)
{
    public async Task AskAsync(HttpContext http, RunAccount run, Operation operation, string behind)
    {
        if (operation == Operation.Cancel || (operation == Operation.Fetch && behind.Length == 0))
            await guarded.RefuseAsync(run, "A reply that its provider keeps", outputOnly: true, http.RequestAborted);
        var id = (string)http.GetRouteValue("id")!;
        var bill = await deferred.FindAsync(BackgroundResponses.Kind, id, http.RequestAborted);
        var known = stored.Find(id) ?? Known(bill);
        if (known is not null && known.Agent != run.Context.Agent) throw CallRefusal.UnknownReply(id);
        // What is deleted tells no more what it cost.
        if (bill is not null && operation == Operation.Delete) await FinishAsync(bill, await background.TryFinishAsync(bill, http.RequestAborted), http.RequestAborted);
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
            var output = new EventStreamOutput(http, StreamFraming.ServerSentEvents, () => { }, () => { });
            await foreach (var streamed in streaming.Events.WithCancellation(http.RequestAborted))
            {
                reading.ReadEvent(streamed);
                await output.WriteAsync(streamed);
            }

            if (bill is not null) await FinishAsync(bill, await background.TryFinishAsync(bill, reading), http.RequestAborted);
            return;
        }

        var body = SideCalls.Whole(reply, WireFormats.OpenAiResponses);
        if (behind is "" or "/cancel" && bill is not null && reading.TryReadWhole(body)) await FinishAsync(bill, await background.TryFinishAsync(bill, reading), http.RequestAborted);
        await IngressCall.WriteAsync(http, StatusCodes.Status200OK, body);
    }

    private Task FinishAsync(DeferredBill bill, string? over, CancellationToken cancellationToken) =>
        over is null ? Task.CompletedTask : deferred.EndAsync(bill.Kind, bill.Id, over, cancellationToken);

    private StoredReply? Known(DeferredBill? bill)
    {
        if (bill is null || models.Providers.FirstOrDefault(one => one.Name == bill.Provider) is not { } provider) return null;
        return new StoredReply(bill.Agent, new ServedModel(provider, bill.Model)) { Key = provider.Keys?.Current.FirstOrDefault(key => key.Name == bill.ProviderKey)?.Id };
    }

    private IProvider Only(string id, Operation operation)
    {
        var able = models.Providers.Where(provider => provider.Supports(operation) && provider.Serves("any")).ToList();
        return able.Count == 1 ? able[0] : throw CallRefusal.UnknownReply(id);
    }

    private static string Query(HttpContext http)
    {
        // The run token may be among them; it is not for the provider.
        var pairs = http.Request.Query.Where(pair => pair.Key != "key").SelectMany(pair => pair.Value, (pair, value) => $"{Uri.EscapeDataString(pair.Key)}={Uri.EscapeDataString(value ?? "")}");
        var query = string.Join('&', pairs);
        return query.Length == 0 ? "" : "?" + query;
    }
}
