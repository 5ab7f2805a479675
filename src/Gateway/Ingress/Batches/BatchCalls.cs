using System.Text.Json;
using System.Text.Unicode;
using Espalier.Contracts.Runs;
using Espalier.Core.Runs;
using Espalier.Gateway.Accounting;
using Espalier.Gateway.Accounting.Batches;
using Espalier.Gateway.Accounting.Batches.Anthropic;
using Espalier.Gateway.Accounting.Deferred;
using Espalier.Gateway.Calls;
using Espalier.Gateway.Formats;
using Espalier.Gateway.Formats.Json;
using Espalier.Gateway.Policies.Guardrails;
using Espalier.Gateway.Providers;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Options;

namespace Espalier.Gateway.Ingress.Batches;

/// <summary>Sends batches, and asks after them, for the agents that sent them.</summary>
internal sealed class BatchCalls(
    PassedCalls passed, BatchMoney money, ModelCalls calls, DeferredAccounts accounts, DeferredPoller poller, IDeferredBills bills, GuardedVersions guarded,
    TimeProvider time, IOptions<GatewayOptions> options)
{
    private static readonly System.Net.Http.Headers.MediaTypeHeaderValue Json = new("application/json");

    /// <summary>Sends a batch.</summary>
    /// <param name="http">The request.</param>
    /// <param name="run">Whose it is.</param>
    /// <param name="api">The vendor's.</param>
    /// <param name="path">Where batches are sent.</param>
    /// <param name="read">Its requests.</param>
    public async Task SubmitAsync(HttpContext http, RunAccount run, IBatchApi api, string path, Func<JsonElement, IProvider, CancellationToken, IAsyncEnumerable<BatchLine?>> read)
    {
        await guarded.RefuseAsync(run, "A batch", outputOnly: false, http.RequestAborted);
        var body = await RequestBody.ReadAsync(http, options.Value, time, http.RequestAborted);
        using var json = Parse(body);
        var provider = passed.ProviderOf(api);
        var call = new CallRecord(run, "batch", time.GetUtcNow());
        var dropped = new Dropped();
        IngressCall.SetHeaders(http, call);
        var answer = await calls.RecordAsync(call, "batch", async token =>
        {
            var hold = await money.ReserveAsync(run, provider, read(json.RootElement, provider, token), token);
            var taken = false;
            try
            {
                using var content = new ReadOnlyMemoryContent(body);
                content.Headers.ContentType = Json;
                var request = new PassedRequest(HttpMethod.Post, path) { Content = content, Headers = AnswerEndpoints.Headers(http) };
                var (response, key) = await PassedCalls.SendAsync(api, provider, request, token);
                using (response)
                {
                    var told = await PassedCalls.ReadAsync(response, token);
                    if (Read(api, told) is not { } state) throw Unreadable(api);
                    var bill = DeferredAccounts.BillOf(run.Context, ProviderBatches.Kind, state.Id, call.SpanId, call.Start) with
                    {
                        Provider = provider.Name, ProviderKey = key, LedgerKey = hold.Id.Value, Reserved = hold.Reserved,
                    };
                    await accounts.RememberAsync(bill, run);
                    taken = true;
                    BatchMoney.Sent(run, hold);
                    return told;
                }
            }
            finally
            {
                if (!taken) await money.ReleaseAsync(run, hold);
            }
        }, dropped, http.RequestAborted);
        IngressCall.SetHeaders(http, call, dropped);
        await IngressCall.WriteAsync(http, StatusCodes.Status200OK, Local(http, api, answer));
    }

    /// <summary>Asks after a batch, or ends one.</summary>
    public async Task StateAsync(HttpContext http, RunAccount run, IBatchApi api, string id, HttpMethod method, string behind)
    {
        var bill = await passed.OwnAsync(run, ProviderBatches.Kind, id, http.RequestAborted);
        // What is deleted tells no more what it cost.
        if (method == HttpMethod.Delete) await poller.PollAsync(bill.Agent, bill.Provider, http.RequestAborted);
        var request = new PassedRequest(method, api.PathOf(id) + behind) { Headers = AnswerEndpoints.Headers(http), Key = bill.ProviderKey };
        var (response, _) = await PassedCalls.SendAsync(api, passed.ProviderOf(api), request, http.RequestAborted);
        using (response)
        {
            var body = await PassedCalls.ReadAsync(response, http.RequestAborted);
            if (Read(api, body) is { } state) await ProviderBatches.RememberFilesAsync(bills, bill, state);
            await IngressCall.WriteAsync(http, (int)response.StatusCode, Local(http, api, body));
        }
    }

    /// <summary>Hands on the results of a batch.</summary>
    public async Task ResultsAsync(HttpContext http, RunAccount run, IBatchApi api, string id)
    {
        var bill = await passed.OwnAsync(run, ProviderBatches.Kind, id, http.RequestAborted);
        var request = new PassedRequest(HttpMethod.Get, api.PathOf(id) + "/results") { Headers = AnswerEndpoints.Headers(http), Key = bill.ProviderKey };
        var (response, _) = await PassedCalls.SendAsync(api, passed.ProviderOf(api), request, http.RequestAborted);
        using (response) await PassedCalls.RelayAsync(http, response);
    }

    // Anthropic's clients fetch results from the address that the answer names, with the key that they have: ours.
    private static ReadOnlyMemory<byte> Local(HttpContext http, IBatchApi api, ReadOnlyMemory<byte> body)
    {
        if (api is not AnthropicBatches || Read(api, body) is not { Results.Count: > 0 } state) return body;
        var address = $"{http.Request.Scheme}://{http.Request.Host}/v1/messages/batches/{Uri.EscapeDataString(state.Id)}/results";
        return JsonMembers.Of(body).Edit(new Dictionary<string, ReadOnlyMemory<byte>?> { [AnthropicBatches.ResultsUrl] = Wire.String(address) });
    }

    private static BatchState? Read(IBatchApi api, ReadOnlyMemory<byte> body)
    {
        try
        {
            using var json = JsonDocument.Parse(body);
            return api.Read(json.RootElement);
        }
        catch (JsonException)
        {
            return null;
        }
    }

    private static JsonDocument Parse(ReadOnlyMemory<byte> body)
    {
        if (!Utf8.IsValid(body.Span)) throw CallRefusal.NotUnicode();
        try
        {
            var json = JsonDocument.Parse(body);
            if (json.RootElement.ValueKind == JsonValueKind.Object) return json;
            json.Dispose();
        }
        catch (JsonException)
        {
            // Said below.
        }

        throw CallRefusal.Invalid("The request body is not a JSON object. Send one JSON object.");
    }

    private static ProviderFailedException Unreadable(IBatchApi api) =>
        new(new ProviderFailure { Status = StatusCodes.Status502BadGateway, Message = "The model server answered with something that is no batch.", MayBeBilled = true }, api.Format);
}
