using Espalier.Gateway.Formats;
using Espalier.Gateway.Providers.Keys;
using Espalier.Gateway.Providers.OpenAi;

namespace Espalier.Gateway.Providers.Compatible;

/// <summary>One of the servers that speak OpenAI's chat completions, under a name of the operator's choice.</summary>
internal sealed class CompatibleProvider(string name, CompatibleOptions options, Upstreams upstreams) : IProvider, IDisposable
{
    private readonly Upstream _upstream = upstreams.Make(name, options, $"Gateway:Compatible:{name}:BaseUrl", $"Gateway:Compatible:{name}:ApiKey");

    private readonly StreamOptionsAsked _streamOptions = new(options.StreamOptions);

    public string Name => name;

    public bool IsVendor => false;

    public IReadOnlyList<string> Models { get; } = [.. options.Models.Select(model => $"{name}/{model}")];

    public IReadOnlyList<string> Formats { get; } =
        options.Responses ? [WireFormats.OpenAiChat, WireFormats.OpenAiResponses] : [WireFormats.OpenAiChat];

    public bool StreamOptions => _streamOptions.Asks;

    public bool ContinuousUsage => options.ContinuousUsage;

    public TokenIdDialect TokenIds => options.TokenIds;

    public bool Serves(string model) => _upstream.IsSet && model.Length > 0;

    public UpstreamKeys Keys => _upstream.Keys;

    public bool Supports(Operation operation) => OpenAiRequest.Supports(operation, options.Responses);

    public void Dispose() => _upstream.Dispose();

    public Task<ProviderReply> SendAsync(ProviderRequest request, CancellationToken cancellationToken) =>
        _streamOptions.SendAsync(request, one => SendOnceAsync(one, cancellationToken));

    private async Task<ProviderReply> SendOnceAsync(ProviderRequest request, CancellationToken cancellationToken)
    {
        var key = _upstream.KeyOf(request);
        using var message = OpenAiRequest.Message(OpenAiRequest.Path(request), request, key.Secret);
        return await _upstream.SendAsync(message, key, request, cancellationToken);
    }
}
