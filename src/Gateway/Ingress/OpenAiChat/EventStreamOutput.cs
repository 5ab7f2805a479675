using Espalier.Gateway.Calls;
using Espalier.Gateway.Providers;
using Microsoft.AspNetCore.Http;

namespace Espalier.Gateway.Ingress.OpenAiChat;

/// <summary>Writes server-sent events, each at once.</summary>
internal sealed class EventStreamOutput(HttpContext http) : IChatOutput
{
    public async Task WriteAsync(StreamEvent streamed)
    {
        if (http.RequestAborted.IsCancellationRequested) return;
        try
        {
            var response = http.Response;
            if (!response.HasStarted)
            {
                response.ContentType = "text/event-stream; charset=utf-8";
                response.Headers.CacheControl = "no-cache";
            }

            var writer = response.BodyWriter;
            if (streamed.Type is not ("message" or "")) Write($"event: {streamed.Type}\n");
            var rest = streamed.Data;
            while (true)
            {
                // A line break inside an event's data begins a new data line.
                var end = rest.Span.IndexOf((byte)'\n');
                writer.Write("data: "u8, end < 0 ? rest.Span : rest.Span[..end], "\n"u8);
                if (end < 0) break;
                rest = rest[(end + 1)..];
            }

            writer.Write("\n"u8);
            await writer.FlushAsync(http.RequestAborted);

            void Write(string text) => writer.Write(System.Text.Encoding.UTF8.GetBytes(text));
        }
        catch (Exception e) when (e is OperationCanceledException or IOException)
        {
            // The client is gone; the answer is read on for its usage.
        }
    }
}

/// <summary>Several pieces at once.</summary>
file static class PipeWriterExtensions
{
    public static void Write(this System.IO.Pipelines.PipeWriter writer, params ReadOnlySpan<byte> bytes)
    {
        bytes.CopyTo(writer.GetSpan(bytes.Length));
        writer.Advance(bytes.Length);
    }

    public static void Write(this System.IO.Pipelines.PipeWriter writer, ReadOnlySpan<byte> first, ReadOnlySpan<byte> second, ReadOnlySpan<byte> third)
    {
        writer.Write(first);
        writer.Write(second);
        writer.Write(third);
    }
}
