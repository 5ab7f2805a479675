using Espalier.Gateway.Formats;
using Espalier.Gateway.Providers.OpenAi;
using Espalier.Gateway.Providers.Keys;
using Microsoft.Extensions.Options;

namespace Espalier.Gateway.Providers.Gemini;

/// <summary>Google's Gemini API.</summary>
internal sealed class GeminiProvider(IOptions<GatewayOptions> options, Upstreams upstreams) : IProvider, IPassThrough, IDisposable
{
    public const string ProviderName = "gemini";

    private readonly GeminiOptions _options = options.Value.Gemini;

    private readonly Upstream _upstream = upstreams.Make(ProviderName, options.Value.Gemini, "GOOGLE_GEMINI_BASE_URL", "GEMINI_API_KEY");

    public string Name => ProviderName;

    public bool IsVendor => true;

    public IReadOnlyList<string> Models => _upstream.IsSet ? _options.Models : [];

    public IReadOnlyList<string> Formats { get; } = [WireFormats.Gemini];

    public bool StreamOptions => false;

    public bool Serves(string model) => _upstream.IsSet && model.Length > 0;

    public UpstreamKeys Keys => _upstream.Keys;

    public bool Supports(Operation operation) => operation is Operation.Answer or Operation.CountTokens or Operation.Embed or Operation.EmbedBatch;

    public void Dispose() => _upstream.Dispose();

    public async Task<ProviderReply> SendAsync(ProviderRequest request, CancellationToken cancellationToken)
    {
        using var message = OpenAiRequest.Message(Path(request), request);
        var key = _upstream.KeyOf(request);
        if (key.Secret is { } secret) message.Headers.TryAddWithoutValidation("x-goog-api-key", secret);
        return await _upstream.SendAsync(message, key, request, cancellationToken);
    }

    public async Task<PassedReply> PassAsync(PassedRequest request, CancellationToken cancellationToken)
    {
        var key = _upstream.KeyOf(request);
        using var message = request.ToMessage();
        if (key.Secret is { } secret) message.Headers.TryAddWithoutValidation("x-goog-api-key", secret);
        return await _upstream.PassAsync(message, key, cancellationToken);
    }

    private static string Path(ProviderRequest request)
    {
        var method = request.Operation switch
        {
            Operation.CountTokens => "countTokens",
            Operation.Embed => "embedContent",
            Operation.EmbedBatch => "batchEmbedContents",
            _ when !request.Stream => "generateContent",
            _ => request.Framing == StreamFraming.JsonArray ? "streamGenerateContent" : "streamGenerateContent?alt=sse",
        };
        // A tuned model is named with its collection.
        return $"v1beta/{(request.Model.Contains('/', StringComparison.Ordinal) ? "" : "models/")}{Uri.EscapeDataString(request.Model).Replace("%2F", "/", StringComparison.Ordinal)}:{method}";
    }
}
