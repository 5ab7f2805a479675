using Espalier.Gateway.Formats;
using Espalier.Gateway.Providers.OpenAi;

namespace Espalier.Gateway.Providers.Compatible;

/// <summary>One of the servers that speak OpenAI's chat completions, under a name of the operator's choice.</summary>
internal sealed class CompatibleProvider(string name, CompatibleOptions options, TimeProvider time) : IProvider, IDisposable
{
    private readonly Upstream? _upstream = options.BaseUrl is { } url
        ? new Upstream(url, options, time, $"Gateway:Compatible:{name}:BaseUrl", $"Gateway:Compatible:{name}:ApiKey") : null;

    public string Name => name;

    public bool IsVendor => false;

    public IReadOnlyList<string> Models { get; } = [.. options.Models.Select(model => $"{name}/{model}")];

    public IReadOnlyList<string> Formats { get; } =
        options.Responses ? [WireFormats.OpenAiChat, WireFormats.OpenAiResponses] : [WireFormats.OpenAiChat];

    public bool StreamOptions => options.StreamOptions;

    public bool Serves(string model) => _upstream is not null && model.Length > 0;

    public bool Supports(Operation operation) => OpenAiRequest.Supports(operation, options.Responses);

    public void Dispose() => _upstream?.Dispose();

    public async Task<ProviderReply> SendAsync(ProviderRequest request, CancellationToken cancellationToken)
    {
        using var message = OpenAiRequest.Message(OpenAiRequest.Path(request), request, options.ApiKey);
        return await _upstream!.SendAsync(message, request.Stream, request.Framing, cancellationToken);
    }
}
