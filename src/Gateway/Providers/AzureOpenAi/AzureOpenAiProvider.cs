using Espalier.Gateway.Formats;
using Espalier.Gateway.Formats.Json;
using Espalier.Gateway.Providers.OpenAi;
using Espalier.Gateway.Providers.Keys;
using Microsoft.Extensions.Options;

namespace Espalier.Gateway.Providers.AzureOpenAi;

/// <summary>OpenAI's models on Azure: the deployment is in the path, the version in the query, the key in a header of its own.</summary>
internal sealed class AzureOpenAiProvider(IOptions<GatewayOptions> options, Upstreams upstreams) : IProvider, IDisposable
{
    public const string ProviderName = "azure";

    private const string DefaultApiVersion = "2025-04-01-preview";

    private readonly AzureOpenAiOptions _options = options.Value.Azure;

    private readonly Upstream _upstream = upstreams.Make(ProviderName, options.Value.Azure, "AZURE_OPENAI_ENDPOINT", "AZURE_OPENAI_API_KEY");

    public string Name => ProviderName;

    public bool IsVendor => true;

    public IReadOnlyList<string> Models => _upstream.IsSet ? [.. _options.Models.Concat(_options.Deployments.Keys).Distinct()] : [];

    public IReadOnlyList<string> Formats { get; } = [WireFormats.OpenAiChat, WireFormats.OpenAiResponses];

    public bool StreamOptions => true;

    public bool Serves(string model) => _upstream.IsSet && model.Length > 0;

    public UpstreamKeys Keys => _upstream.Keys;

    public bool Supports(Operation operation) => OpenAiRequest.Supports(operation, responses: true);

    public void Dispose() => _upstream.Dispose();

    public async Task<ProviderReply> SendAsync(ProviderRequest request, CancellationToken cancellationToken)
    {
        var deployment = _options.Deployments.TryGetValue(request.Model, out var named) ? named : request.Model;
        var path = OpenAiRequest.Path(request);
        // Responses are not under a deployment: their body names it.
        var under = path.StartsWith("responses", StringComparison.Ordinal);
        if (under && deployment != request.Model) request = request with { Body = Rename(request.Body, deployment) };
        path = under ? $"openai/{path}" : $"openai/deployments/{Uri.EscapeDataString(deployment)}/{path}";
        path += $"{(path.Contains('?', StringComparison.Ordinal) ? '&' : '?')}api-version={Uri.EscapeDataString(_options.ApiVersion ?? DefaultApiVersion)}";
        using var message = OpenAiRequest.Message(path, request);
        var key = _upstream.KeyOf(request);
        if (key.Secret is { } secret) message.Headers.TryAddWithoutValidation("api-key", secret);
        return await _upstream.SendAsync(message, key, request, cancellationToken);
    }

    private static ReadOnlyMemory<byte> Rename(ReadOnlyMemory<byte> body, string deployment) => body.IsEmpty
        ? body
        : JsonMembers.Of(body).Edit(new Dictionary<string, ReadOnlyMemory<byte>?> { ["model"] = Wire.String(deployment) });
}
