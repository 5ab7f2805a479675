using Espalier.Gateway.Formats;
using Espalier.Gateway.Formats.OpenAiChat;
using Espalier.Gateway.Ingress.OpenAiChat;
using Espalier.Gateway.Providers;

namespace Espalier.Gateway.Calls;

/// <summary>One request as it goes to a provider and the reply as it comes back: bytes that pass through where both sides speak one format.</summary>
internal sealed class Exchange
{
    private readonly WireRequest _client;

    private Exchange(WireRequest client, IWireFormat format, ProviderRequest request)
    {
        _client = client;
        Format = format;
        Request = request;
    }

    /// <summary>The provider's format.</summary>
    public IWireFormat Format { get; }

    public ProviderRequest Request { get; }

    /// <summary>Whether an event that carries nothing but usage is passed on.</summary>
    public bool ShowsUsage => _client.IncludeUsage;

    public static Exchange Of(WireRequest client, ServedModel model, Dropped dropped, RequestChanges changes)
    {
        if (!model.Provider.Formats.Contains(client.Format.Name)) throw ChatRefusal.Invalid($"'{model.FullName}' does not speak {client.Format.Name}.", "model");
        return new Exchange(client, client.Format, new ProviderRequest
        {
            Model = model.Model,
            Format = client.Format.Name,
            Body = client.Format.Prepare(client, changes, dropped),
            Stream = changes.Stream,
            Framing = client.Target.Framing,
            Headers = client.Headers,
        });
    }

    /// <summary>The whole reply in the client's format.</summary>
    public ReadOnlyMemory<byte> Answer(ReadOnlyMemory<byte> body, bool withoutLogprobs) =>
        withoutLogprobs && Format.Name == WireFormats.OpenAiChat ? OpenAiChatRequest.WithoutLogprobs(body) : body;

    /// <summary>Tells a whole reply to a client that waits for a stream.</summary>
    public async Task TellAsync(ReadOnlyMemory<byte> body, IReplyOutput output)
    {
        if (Format.Name != WireFormats.OpenAiChat) throw ChatRefusal.Invalid($"A reply in one piece cannot be told as a stream of {Format.Name}. Ask without 'stream'.", "stream");
        foreach (var streamed in CompletionEvents.Of(body, _client.IncludeUsage)) await output.WriteAsync(streamed);
    }
}
