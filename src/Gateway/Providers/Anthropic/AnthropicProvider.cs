using Espalier.Gateway.Formats;
using Espalier.Gateway.Providers.OpenAi;
using Espalier.Gateway.Providers.Keys;
using Microsoft.Extensions.Options;

namespace Espalier.Gateway.Providers.Anthropic;

/// <summary>Anthropic's Messages API.</summary>
internal sealed class AnthropicProvider(IOptions<GatewayOptions> options, Upstreams upstreams) : IProvider, IPassThrough, IDisposable
{
    public const string ProviderName = "anthropic";

    private const string VersionHeader = "anthropic-version";

    private readonly AnthropicOptions _options = options.Value.Anthropic;

    private readonly Upstream _upstream = upstreams.Make(ProviderName, options.Value.Anthropic, "ANTHROPIC_BASE_URL", "ANTHROPIC_API_KEY");

    public string Name => ProviderName;

    public bool IsVendor => true;

    public IReadOnlyList<string> Models => _upstream.IsSet ? _options.Models : [];

    public IReadOnlyList<string> Formats { get; } = [WireFormats.Anthropic];

    public bool StreamOptions => false;

    public bool Serves(string model) => _upstream.IsSet && model.Length > 0;

    public UpstreamKeys Keys => _upstream.Keys;

    public bool Supports(Operation operation) => operation is Operation.Answer or Operation.CountTokens;

    public void Dispose() => _upstream.Dispose();

    public async Task<ProviderReply> SendAsync(ProviderRequest request, CancellationToken cancellationToken)
    {
        var path = request.Operation == Operation.CountTokens ? "v1/messages/count_tokens" : "v1/messages";
        using var message = OpenAiRequest.Message(path, request);
        if (!message.Headers.Contains(VersionHeader)) message.Headers.TryAddWithoutValidation(VersionHeader, _options.Version);
        var key = _upstream.KeyOf(request);
        if (key.Secret is { } secret) message.Headers.TryAddWithoutValidation("x-api-key", secret);
        return await _upstream.SendAsync(message, key, request, cancellationToken);
    }

    public async Task<PassedReply> PassAsync(PassedRequest request, CancellationToken cancellationToken)
    {
        var key = _upstream.KeyOf(request);
        using var message = request.ToMessage();
        if (!message.Headers.Contains(VersionHeader)) message.Headers.TryAddWithoutValidation(VersionHeader, _options.Version);
        if (key.Secret is { } secret) message.Headers.TryAddWithoutValidation("x-api-key", secret);
        return await _upstream.PassAsync(message, key, cancellationToken);
    }
}
