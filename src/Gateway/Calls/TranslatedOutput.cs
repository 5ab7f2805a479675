using System.Text.Json;
using Espalier.Gateway.Formats.Events;
using Espalier.Gateway.Formats.Neutral;
using Espalier.Gateway.Formats.Readings;

namespace Espalier.Gateway.Calls;

/// <summary>Reads a stream in the provider's format and tells it in the client's, event by event.</summary>
internal sealed class TranslatedOutput(IReplyOutput client, IEventReader reader, IEventWriter writer) : IReplyOutput
{
    public async Task WriteAsync(StreamEvent streamed)
    {
        // The gateway's own words are in the client's format already.
        if (streamed.Data.IsEmpty)
        {
            if (streamed.IsOwn) await client.WriteAsync(streamed);
            return;
        }

        List<NeutralEvent> told;
        try
        {
            told = [.. reader.Read(streamed)];
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException)
        {
            throw new BrokenReplyException();
        }

        await TellAsync(told);
    }

    /// <summary>Tells what is left when the provider's stream is over.</summary>
    public Task EndAsync() => TellAsync([.. reader.End()]);

    private async Task TellAsync(List<NeutralEvent> told)
    {
        foreach (var one in told)
            foreach (var streamed in writer.Write(one)) await client.WriteAsync(streamed);
    }
}
