using Espalier.Gateway.Formats;
using Microsoft.Extensions.Options;

namespace Espalier.Gateway.Providers.OpenAi;

/// <summary>OpenAI, or the one server that speaks like it. The request's bytes go through; only address and key are ours.</summary>
internal sealed class OpenAiProvider(IOptions<GatewayOptions> options, TimeProvider time) : IProvider, IDisposable
{
    public const string ProviderName = "openai";

    private readonly OpenAiOptions _options = options.Value.OpenAi;

    private readonly Upstream? _upstream = options.Value.OpenAi.BaseUrl is { } url
        ? new Upstream(url, options.Value.OpenAi, time, "OPENAI_BASE_URL", "OPENAI_API_KEY") : null;

    public string Name => ProviderName;

    public bool IsVendor => true;

    public IReadOnlyList<string> Models => _upstream is null ? [] : _options.Models;

    public IReadOnlyList<string> Formats { get; } =
        options.Value.OpenAi.Responses ? [WireFormats.OpenAiChat, WireFormats.OpenAiResponses] : [WireFormats.OpenAiChat];

    public bool StreamOptions => _options.StreamOptions;

    public bool Serves(string model) => _upstream is not null && model.Length > 0;

    public bool Supports(Operation operation) => OpenAiRequest.Supports(operation, _options.Responses);

    public void Dispose() => _upstream?.Dispose();

    public async Task<ProviderReply> SendAsync(ProviderRequest request, CancellationToken cancellationToken)
    {
        using var message = OpenAiRequest.Message(OpenAiRequest.Path(request), request, _options.ApiKey);
        return await _upstream!.SendAsync(message, request.Stream, request.Framing, cancellationToken);
    }
}
