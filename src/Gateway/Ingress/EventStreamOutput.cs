using System.Buffers;
using Espalier.Gateway.Calls;
using Espalier.Gateway.Formats;
using Espalier.Gateway.Formats.Events;
using Microsoft.AspNetCore.Http;

namespace Espalier.Gateway.Ingress;

/// <summary>Writes a stream's bytes to the client, each event at once unless the next one is here already.</summary>
internal sealed class EventStreamOutput(HttpContext http, StreamFraming framing, Action begin, Action lost) : IReplyOutput
{
    public async Task WriteAsync(StreamEvent streamed)
    {
        if (streamed.Raw.IsEmpty) return;
        if (http.RequestAborted.IsCancellationRequested)
        {
            lost();
            return;
        }

        try
        {
            var response = http.Response;
            if (!response.HasStarted && response.ContentType is null)
            {
                begin();
                response.ContentType = framing == StreamFraming.JsonArray ? "application/json; charset=utf-8" : "text/event-stream; charset=utf-8";
                response.Headers.CacheControl = "no-cache";
            }

            response.BodyWriter.Write(streamed.Raw.Span);
            if (!streamed.More || response.BodyWriter.UnflushedBytes > 64 * 1024) await response.BodyWriter.FlushAsync(http.RequestAborted);
        }
        catch (Exception e) when (e is OperationCanceledException or IOException)
        {
            // The client is gone; the answer is read on for its usage.
            lost();
        }
    }
}
