using System.Text.Json;
using Espalier.Gateway.Calls.Capture;
using Espalier.Gateway.Formats.Neutral;
using Espalier.Gateway.Formats;
using Espalier.Gateway.Providers;
using Espalier.Gateway.Providers.OpenAi;

namespace Espalier.Gateway.Calls;

/// <summary>One request as it goes to a provider and the reply as it comes back: bytes that pass through where both sides speak one format, a
/// translation where they do not.</summary>
internal sealed class Exchange
{
    private readonly WireRequest _client;
    private readonly Dropped _dropped;
    private readonly AddedTokens _added;

    private Exchange(WireRequest client, IWireFormat format, ProviderRequest request, Dropped dropped, RequestChanges changes)
    {
        (_client, _dropped, _added) = (client, dropped, AddedTokens.Of(client, format, changes));
        (Format, Request) = (format, request);
    }

    /// <summary>The provider's format.</summary>
    public IWireFormat Format { get; }

    public ProviderRequest Request { get; }

    /// <summary>Whether an event that carries nothing but usage is passed on.</summary>
    public bool ShowsUsage => _client.IncludeUsage || IsTranslated;

    private bool IsTranslated => Format.Name != _client.Format.Name;

    public static Exchange Of(WireRequest client, ServedModel model, Dropped dropped, RequestChanges changes)
    {
        var spoken = model.Provider.Formats;
        if (spoken.Contains(client.Format.Name))
        {
            var same = new ProviderRequest
            {
                Model = model.Model,
                Format = client.Format.Name,
                Body = ContinuousUsage.Ask(AddedTokens.Ask(client.Format.Prepare(client, changes, dropped), client.Format, changes), client.Format, changes),
                Stream = changes.Stream,
                Framing = client.Target.Framing,
                Headers = client.Headers,
            };
            return new Exchange(client, client.Format, same, dropped, changes);
        }

        var format = WireFormats.All[spoken[0]];
        // What policies and slots change is put in first, in the client's own format, so that it is read with all else.
        var prepared = client.Format.Prepare(client, changes, dropped);
        var neutral = client.Format.ReadRequest(prepared, client, dropped) with { Model = model.Model, Stream = changes.Stream, StreamUsage = changes.StreamOptions };
        if (changes.WantConfidence) neutral = neutral with { Logprobs = true };
        var translated = new ProviderRequest
        {
            Model = model.Model,
            Format = format.Name,
            Body = ContinuousUsage.Ask(AddedTokens.Ask(format.WriteRequest(neutral, dropped), format, changes), format, changes),
            Stream = changes.Stream,
        };
        return new Exchange(client, format, translated, dropped, changes);
    }

    /// <summary>Where the provider's stream goes on its way to the client.</summary>
    public IReplyOutput Output(IReplyOutput client)
    {
        if (!IsTranslated) return _added.IsEmpty ? client : new CutOutput(client, _added);
        var reader = Format.NewEventReader();
        return new TranslatedOutput(client, _added.Logprobs ? new PlainEventReader(reader) : reader, _client.Format.NewEventWriter(_client, _dropped));
    }

    /// <summary>The whole reply in the client's format, without log probabilities that only the gateway asked for.</summary>
    public ReadOnlyMemory<byte> Answer(ReadOnlyMemory<byte> body)
    {
        if (!IsTranslated) return _added.IsEmpty ? body : _added.Cut(body);
        return _client.Format.WriteReply(ReadShown(body), _dropped);
    }

    /// <summary>Tells a whole reply to a client that waits for a stream.</summary>
    public async Task TellAsync(ReadOnlyMemory<byte> body, IReplyOutput output)
    {
        var writer = _client.Format.NewEventWriter(_client, _dropped);
        foreach (var told in ReadShown(body).ToEvents())
            foreach (var streamed in writer.Write(told)) await output.WriteAsync(streamed);
    }

    private NeutralReply ReadShown(ReadOnlyMemory<byte> body)
    {
        var reply = Read(body);
        return _added.Logprobs ? reply with { Answers = [.. reply.Answers.Select(answer => answer with { Logprobs = [] })] } : reply;
    }

    /// <exception cref="ProviderFailedException">It is no reply of the provider's format.</exception>
    public NeutralReply Read(ReadOnlyMemory<byte> body)
    {
        try
        {
            return Format.ReadReply(body);
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException)
        {
            throw new ProviderFailedException(
                new ProviderFailure { Status = 502, Message = "The model server's reply is not of its format.", MayBeBilled = true }, Format.Name);
        }
    }
}
