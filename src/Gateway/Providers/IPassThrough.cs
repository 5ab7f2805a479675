namespace Espalier.Gateway.Providers;

/// <summary>A provider with paths beside those of models: files and batches. What goes there goes through as it is.</summary>
internal interface IPassThrough
{
    /// <summary>Sends one request. Failures of the other side are replies; only cancellation is thrown.</summary>
    Task<PassedReply> PassAsync(PassedRequest request, CancellationToken cancellationToken);
}

/// <summary>One request to any path of a provider.</summary>
internal sealed record PassedRequest(HttpMethod Method, string Path)
{
    /// <summary>Null when there is none.</summary>
    public HttpContent? Content { get; init; }

    /// <summary>Headers of the format that came with the client's request.</summary>
    public IReadOnlyList<KeyValuePair<string, string>> Headers { get; init; } = [];

    /// <summary>Name of the key whose account is meant; null takes the first that works.</summary>
    public string? Key { get; init; }

    public HttpRequestMessage ToMessage()
    {
        var message = new HttpRequestMessage(Method, Path) { Content = Content };
        foreach (var (name, value) in Headers) message.Headers.TryAddWithoutValidation(name, value);
        return message;
    }
}

/// <summary>What came back: an answer whose body is still to be read, or why there is none.</summary>
internal sealed record PassedReply(HttpResponseMessage? Response, ProviderFailure? Failure)
{
    /// <summary>Name of the key that was asked with.</summary>
    public required string Key { get; init; }
}
