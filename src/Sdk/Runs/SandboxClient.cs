using System.Net.Http.Headers;
using System.Net.ServerSentEvents;
using System.Text.Json;
using Espalier.Contracts;
using Espalier.Contracts.Runs;
using Espalier.Sdk.Shared;

namespace Espalier.Sdk.Runs;

/// <summary>Any command, run in the sandbox of candidates.</summary>
public sealed class SandboxClient
{
    private readonly RestCaller _caller;

    internal SandboxClient(RestCaller caller) => _caller = caller;

    /// <summary>Runs it to its end. Cancelling, or a broken connection, ends the command.</summary>
    /// <param name="request">What to run, with which files and limits.</param>
    /// <param name="onOutput">Gets what it writes while it writes it.</param>
    /// <param name="cancellationToken">Ends the command.</param>
    public async Task<SandboxRunResult> RunAsync(SandboxRunRequest request, Action<SandboxRunOutput> onOutput, CancellationToken cancellationToken = default)
    {
        using var json = new ByteArrayContent(JsonSerializer.SerializeToUtf8Bytes(request, ContractsJson.Default.SandboxRunRequest));
        json.Headers.ContentType = new MediaTypeHeaderValue("application/json");
        using var response = await _caller.SendAsync(HttpMethod.Post, "api/v1/sandbox/runs", json, cancellationToken).ConfigureAwait(false);
        try
        {
            var body = await response.Content.ReadAsStreamAsync(cancellationToken).ConfigureAwait(false);
            await using (body.ConfigureAwait(false))
            {
                await foreach (var item in SseParser.Create(body).EnumerateAsync(cancellationToken).ConfigureAwait(false))
                {
                    if (item.EventType == "output") onOutput(JsonSerializer.Deserialize(item.Data, ContractsJson.Default.SandboxRunOutput)!);
                    else if (item.EventType == "refused") throw RestCaller.Refused(JsonSerializer.Deserialize(item.Data, ContractsJson.Default.Problem)!);
                    else if (item.EventType == "end") return JsonSerializer.Deserialize(item.Data, ContractsJson.Default.SandboxRunResult)!;
                }
            }
        }
        catch (Exception exception) when (exception is IOException or HttpRequestException)
        {
            throw Broken(exception);
        }

        throw Broken(null);
    }

    private EspalierException Broken(Exception? cause) => new(
        EspalierException.Unreachable,
        0,
        $"The server at {_caller.Url} went away before the command ended; the command was ended.",
        "Look at the server's log and run it again.",
        requestId: null,
        cause);
}
