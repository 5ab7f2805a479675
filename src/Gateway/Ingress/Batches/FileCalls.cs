using System.Runtime.CompilerServices;
using System.Text.Json;
using Espalier.Core.Runs;
using Espalier.Gateway.Accounting;
using Espalier.Gateway.Accounting.Batches;
using Espalier.Gateway.Accounting.Batches.OpenAi;
using Espalier.Gateway.Accounting.Deferred;
using Espalier.Gateway.Formats.Json;
using Espalier.Gateway.Providers;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;

namespace Espalier.Gateway.Ingress.Batches;

/// <summary>OpenAI's files: uploaded, read and deleted by the agent that they belong to.</summary>
internal sealed class FileCalls(PassedCalls passed, OpenAiBatches api, DeferredPoller poller, IDeferredBills bills, TimeProvider time)
{
    private const long MostFileBytes = 512L << 20;

    public async Task UploadAsync(HttpContext http, RunAccount run)
    {
        if (http.Request.ContentLength > MostFileBytes) throw CallRefusal.TooLarge(MostFileBytes);
        if (http.Features.Get<IHttpMaxRequestBodySizeFeature>() is { IsReadOnly: false } feature) feature.MaxRequestBodySize = MostFileBytes;
        using var content = new StreamContent(http.Request.Body);
        content.Headers.TryAddWithoutValidation("content-type", http.Request.ContentType);
        content.Headers.ContentLength = http.Request.ContentLength;
        var (response, key) = await PassedCalls.SendAsync(api, passed.ProviderOf(api), new PassedRequest(HttpMethod.Post, "files") { Content = content }, http.RequestAborted);
        using (response)
        {
            var body = await PassedCalls.ReadAsync(response, http.RequestAborted);
            using var json = JsonDocument.Parse(body);
            if (json.RootElement.TryText("id") is { } id)
            {
                await bills.AddAsync(
                    DeferredAccounts.BillOf(run.Context, ProviderBatches.FileKind, id, run.Context.ParentSpan ?? run.Context.TraceId.RootSpan(), time.GetUtcNow()) with { Provider = api.Provider, ProviderKey = key },
                    "kept for its owner", CancellationToken.None);
            }

            await IngressCall.WriteAsync(http, (int)response.StatusCode, body);
        }
    }

    public async Task AskAsync(HttpContext http, RunAccount run, HttpMethod method, string behind)
    {
        var id = (string)http.Request.RouteValues["id"]!;
        var file = await passed.OwnAsync(run, ProviderBatches.FileKind, id, http.RequestAborted);
        // It may be the results of a batch, which tell what that cost.
        if (method == HttpMethod.Delete) await poller.PollAsync(file.Agent, file.Provider, http.RequestAborted);
        var request = new PassedRequest(method, OpenAiBatches.PathOfFile(id) + behind) { Key = file.ProviderKey };
        var (response, _) = await PassedCalls.SendAsync(api, passed.ProviderOf(api), request, http.RequestAborted);
        using (response) await PassedCalls.RelayAsync(http, response);
    }

    /// <summary>The requests in the file that a batch names.</summary>
    public async IAsyncEnumerable<BatchLine?> ReadAsync(RunAccount run, JsonElement batch, IProvider provider, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        var id = batch.TryText("input_file_id") ?? throw CallRefusal.Invalid("The batch lacks 'input_file_id'. Upload a file of requests and name it.", "input_file_id");
        var file = await passed.OwnAsync(run, ProviderBatches.FileKind, id, cancellationToken);
        var (response, _) = await PassedCalls.SendAsync(
            api, provider, new PassedRequest(HttpMethod.Get, OpenAiBatches.PathOfFile(id) + "/content") { Key = file.ProviderKey }, cancellationToken);
        using (response)
        {
            using var lines = new StreamReader(await response.Content.ReadAsStreamAsync(cancellationToken));
            while (await lines.ReadLineAsync(cancellationToken) is { } line)
                if (!string.IsNullOrWhiteSpace(line)) yield return OpenAiBatches.ReadLine(line);
        }
    }
}
