using System.Net.Http.Headers;
using Espalier.Gateway.Formats;

namespace Espalier.Gateway.Providers.OpenAi;

/// <summary>Paths and headers of OpenAI's API, which many servers share.</summary>
internal static class OpenAiRequest
{
    private static readonly MediaTypeHeaderValue Json = new("application/json");

    public static bool Supports(Operation operation, bool responses) => operation switch
    {
        Operation.Answer or Operation.Embed => true,
        Operation.Fetch or Operation.Delete or Operation.Cancel => responses,
        _ => false,
    };

    /// <summary>Behind the base address, which ends with the API's version.</summary>
    public static string Path(ProviderRequest request) => request.Operation switch
    {
        Operation.Embed => "embeddings",
        Operation.Fetch or Operation.Delete or Operation.Cancel => $"responses/{request.Stored}",
        _ => request.Format == WireFormats.OpenAiResponses ? "responses" : "chat/completions",
    };

    public static HttpRequestMessage Message(string path, ProviderRequest request, string? bearer)
    {
        var message = Message(path, request);
        if (bearer is { Length: > 0 }) message.Headers.Authorization = new AuthenticationHeaderValue("Bearer", bearer);
        return message;
    }

    public static HttpRequestMessage Message(string path, ProviderRequest request)
    {
        var method = request.Operation switch { Operation.Fetch => HttpMethod.Get, Operation.Delete => HttpMethod.Delete, _ => HttpMethod.Post };
        var message = new HttpRequestMessage(method, path);
        if (method == HttpMethod.Post)
        {
            message.Content = new ReadOnlyMemoryContent(request.Body);
            message.Content.Headers.ContentType = Json;
        }

        foreach (var (name, value) in request.Headers) message.Headers.TryAddWithoutValidation(name, value);
        return message;
    }
}
