using Espalier.Gateway.Formats;
using Espalier.Gateway.Providers.Keys;

namespace Espalier.Gateway.Providers;

/// <summary>A model API. One call is one request to it: retries, money and records are the gateway's.</summary>
internal interface IProvider
{
    /// <summary>The word in configuration and the prefix of its model names.</summary>
    string Name { get; }

    /// <summary>Whether its models are known by their plain names in prices and traces; else by <c>provider/model</c>.</summary>
    bool IsVendor { get; }

    /// <summary>The models that are known by name; a provider may serve others too.</summary>
    IReadOnlyList<string> Models { get; }

    /// <summary>The wire formats that it speaks, the one to translate into first.</summary>
    IReadOnlyList<string> Formats { get; }

    /// <summary>Whether it can be asked for the usage of a chat completion's stream.</summary>
    bool StreamOptions { get; }

    /// <summary>Whether it can be asked for running counts in every chunk of it.</summary>
    bool ContinuousUsage => false;

    /// <summary>How it is asked for the ids of tokens.</summary>
    TokenIdDialect TokenIds => TokenIdDialect.None;

    /// <summary>Whether a model, named without the provider's prefix, can be asked for.</summary>
    bool Serves(string model);

    /// <summary>The keys that it is asked with; null when it needs none and is never left alone.</summary>
    UpstreamKeys? Keys { get; }

    /// <summary>Whether it has an API for something beside answering.</summary>
    bool Supports(Operation operation);

    /// <summary>Sends one request. Failures of the other side are replies; only cancellation is thrown.</summary>
    Task<ProviderReply> SendAsync(ProviderRequest request, CancellationToken cancellationToken);
}

/// <summary>One request to a provider.</summary>
internal sealed record ProviderRequest
{
    /// <summary>The model's name as the provider knows it.</summary>
    public required string Model { get; init; }

    /// <summary>One of the provider's wire formats.</summary>
    public required string Format { get; init; }

    /// <summary>A request in that format; empty when there is none.</summary>
    public required ReadOnlyMemory<byte> Body { get; init; }

    /// <summary>True when a stream is asked for.</summary>
    public required bool Stream { get; init; }

    /// <summary>The key to ask with; null takes the first that works.</summary>
    public UpstreamKey? Key { get; init; }

    public Operation Operation { get; init; } = Operation.Answer;

    public StreamFraming Framing { get; init; }

    /// <summary>Headers of the format that came with the client's request.</summary>
    public IReadOnlyList<KeyValuePair<string, string>> Headers { get; init; } = [];

    /// <summary>What a stored reply is asked for by: its id, and what stands behind that in path and query.</summary>
    public string Stored { get; init; } = "";
}

/// <summary>What is asked of a provider.</summary>
internal enum Operation
{
    Answer,
    CountTokens,
    Embed,

    /// <summary>Several embeddings in one request, where that has a path of its own.</summary>
    EmbedBatch,

    /// <summary>Fetch a reply that the provider keeps.</summary>
    Fetch,

    /// <summary>Delete a reply that the provider keeps.</summary>
    Delete,

    /// <summary>End a reply that the provider still works on.</summary>
    Cancel,
}
