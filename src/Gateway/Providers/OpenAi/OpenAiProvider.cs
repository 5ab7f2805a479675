using System.Net.Http.Headers;
using Espalier.Gateway.Formats;
using Espalier.Gateway.Providers.Keys;
using Microsoft.Extensions.Options;

namespace Espalier.Gateway.Providers.OpenAi;

/// <summary>OpenAI, or the one server that speaks like it. The request's bytes go through; only address and key are ours.</summary>
internal sealed class OpenAiProvider(IOptions<GatewayOptions> options, Upstreams upstreams) : IProvider, IPassThrough, IDisposable
{
    public const string ProviderName = "openai";

    private readonly OpenAiOptions _options = options.Value.OpenAi;

    private readonly Upstream _upstream = upstreams.Make(ProviderName, options.Value.OpenAi, "OPENAI_BASE_URL", "OPENAI_API_KEY");

    private readonly StreamOptionsAsked _streamOptions = new(options.Value.OpenAi.StreamOptions);

    public string Name => ProviderName;

    public bool IsVendor => true;

    public IReadOnlyList<string> Models => _upstream.IsSet ? _options.Models : [];

    public IReadOnlyList<string> Formats { get; } =
        options.Value.OpenAi.Responses ? [WireFormats.OpenAiChat, WireFormats.OpenAiResponses] : [WireFormats.OpenAiChat];

    public bool StreamOptions => _streamOptions.Asks;

    public bool ContinuousUsage => _options.ContinuousUsage;

    public TokenIdDialect TokenIds => _options.TokenIds;

    public bool Serves(string model) => _upstream.IsSet && model.Length > 0;

    public UpstreamKeys Keys => _upstream.Keys;

    public bool Supports(Operation operation) => OpenAiRequest.Supports(operation, _options.Responses);

    public void Dispose() => _upstream.Dispose();

    public Task<ProviderReply> SendAsync(ProviderRequest request, CancellationToken cancellationToken) =>
        _streamOptions.SendAsync(request, one => SendOnceAsync(one, cancellationToken));

    private async Task<ProviderReply> SendOnceAsync(ProviderRequest request, CancellationToken cancellationToken)
    {
        var key = _upstream.KeyOf(request);
        using var message = OpenAiRequest.Message(OpenAiRequest.Path(request), request, key.Secret);
        return await _upstream.SendAsync(message, key, request, cancellationToken);
    }

    public async Task<PassedReply> PassAsync(PassedRequest request, CancellationToken cancellationToken)
    {
        var key = _upstream.KeyOf(request);
        using var message = request.ToMessage();
        if (key.Secret is { Length: > 0 } secret) message.Headers.Authorization = new AuthenticationHeaderValue("Bearer", secret);
        return await _upstream.PassAsync(message, key, cancellationToken);
    }
}
