using Espalier.Gateway.Formats.Events;
using Espalier.Gateway.Ingress;
using Microsoft.AspNetCore.Http;

namespace Espalier.Gateway.Tools.Mcp;

/// <summary>The answer to one POST: JSON, unless progress came before it and the client reads streams of events.</summary>
internal sealed class McpOutput(HttpContext http) : IDisposable
{
    private readonly SemaphoreSlim _writing = new(1, 1);
    private readonly bool _streams = http.Request.Headers.Accept.ToString().Contains("text/event-stream", StringComparison.OrdinalIgnoreCase);
    private bool _streaming;
    private bool _ended;

    public async ValueTask NotifyAsync(ReadOnlyMemory<byte> notification)
    {
        if (!_streams) return;
        await _writing.WaitAsync(http.RequestAborted);
        try
        {
            if (_ended) return;
            if (!_streaming)
            {
                _streaming = true;
                http.Response.ContentType = "text/event-stream";
                http.Response.Headers.CacheControl = "no-store";
            }

            await WriteAsync(notification);
        }
        finally
        {
            _writing.Release();
        }
    }

    public async Task EndAsync(ReadOnlyMemory<byte> answer)
    {
        await _writing.WaitAsync(http.RequestAborted);
        try
        {
            _ended = true;
            if (_streaming) await WriteAsync(answer);
            else await IngressCall.WriteAsync(http, StatusCodes.Status200OK, answer);
        }
        finally
        {
            _writing.Release();
        }
    }

    public void Dispose() => _writing.Dispose();

    private async Task WriteAsync(ReadOnlyMemory<byte> message)
    {
        await http.Response.Body.WriteAsync(EventText.Write("message", message), http.RequestAborted);
        await http.Response.Body.FlushAsync(http.RequestAborted);
    }
}
