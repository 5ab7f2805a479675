using Espalier.Gateway.Formats;
using Espalier.Gateway.Providers.OpenAi;
using Microsoft.Extensions.Options;

namespace Espalier.Gateway.Providers.Anthropic;

/// <summary>Anthropic's Messages API.</summary>
internal sealed class AnthropicProvider(IOptions<GatewayOptions> options, TimeProvider time) : IProvider, IDisposable
{
    public const string ProviderName = "anthropic";

    private const string VersionHeader = "anthropic-version";

    private readonly AnthropicOptions _options = options.Value.Anthropic;

    private readonly Upstream? _upstream = options.Value.Anthropic.BaseUrl is { } url
        ? new Upstream(url, options.Value.Anthropic, time, "ANTHROPIC_BASE_URL", "ANTHROPIC_API_KEY") : null;

    public string Name => ProviderName;

    public bool IsVendor => true;

    public IReadOnlyList<string> Models => _upstream is null ? [] : _options.Models;

    public IReadOnlyList<string> Formats { get; } = [WireFormats.Anthropic];

    public bool StreamOptions => false;

    public bool Serves(string model) => _upstream is not null && model.Length > 0;

    public bool Supports(Operation operation) => operation is Operation.Answer or Operation.CountTokens;

    public void Dispose() => _upstream?.Dispose();

    public async Task<ProviderReply> SendAsync(ProviderRequest request, CancellationToken cancellationToken)
    {
        var path = request.Operation == Operation.CountTokens ? "v1/messages/count_tokens" : "v1/messages";
        using var message = OpenAiRequest.Message(path, request);
        if (!message.Headers.Contains(VersionHeader)) message.Headers.TryAddWithoutValidation(VersionHeader, _options.Version);
        if (_options.ApiKey is { Length: > 0 } key) message.Headers.TryAddWithoutValidation("x-api-key", key);
        return await _upstream!.SendAsync(message, request.Stream, request.Framing, cancellationToken);
    }
}
