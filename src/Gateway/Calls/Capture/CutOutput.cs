using Espalier.Gateway.Formats.Events;

namespace Espalier.Gateway.Calls.Capture;

/// <summary>Takes out of each event what only the gateway asked for.</summary>
internal sealed class CutOutput(IReplyOutput client, AddedTokens added) : IReplyOutput
{
    public Task WriteAsync(StreamEvent streamed)
    {
        if (streamed.IsOwn || streamed.Data.Span is not [(byte)'{', ..]) return client.WriteAsync(streamed);
        var data = added.Cut(streamed.Data);
        return client.WriteAsync(data.Equals(streamed.Data) ? streamed : streamed.With(data));
    }
}
