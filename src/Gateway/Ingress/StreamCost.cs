using System.Text;
using Espalier.Gateway.Accounting;
using Espalier.Gateway.Formats;
using Espalier.Gateway.Formats.Events;
using Microsoft.AspNetCore.Http;

namespace Espalier.Gateway.Ingress;

/// <summary>Tells at a stream's end what it cost, to clients that asked for it: <c>x-espalier-stream-cost: comment</c>.</summary>
/// <remarks>A last line that begins with a colon: a comment, which every reader of server-sent events leaves out, behind the event that ends the stream, where most have stopped to read.
/// It never comes unasked. Trailing fields would need HTTP/2, which the vendors' SDKs do not speak to plain addresses.</remarks>
internal sealed class StreamCost
{
    public const string Header = "x-espalier-stream-cost";

    private readonly HttpContext _http;
    private readonly CallRecord _call;
    private readonly bool _tells;

    /// <exception cref="CallRefusal">The client asks for something else.</exception>
    public StreamCost(HttpContext http, CallRecord call, StreamFraming framing)
    {
        (_http, _call) = (http, call);
        var wish = http.Request.Headers[Header].ToString();
        if (wish is not ("" or "comment")) throw CallRefusal.Invalid($"The header '{Header}' is not 'comment'. Send that, or leave it out.", Header);
        // A JSON array has no place for a comment.
        _tells = wish == "comment" && framing == StreamFraming.ServerSentEvents;
    }

    public async Task TellAsync(EventStreamOutput output)
    {
        if (!_tells || !_http.Response.HasStarted || _http.RequestAborted.IsCancellationRequested) return;
        var cost = _call.IsSettled && _call.Cost is { } known ? known.ToString() : "unknown";
        var told = $": x-espalier-cost-usd={cost} x-espalier-attempts={_call.Attempts} x-espalier-cache={_call.CacheState} x-espalier-price-table={_call.PriceTable ?? "none"}\n\n";
        await output.WriteAsync(new StreamEvent(default, Encoding.ASCII.GetBytes(told)));
    }
}
