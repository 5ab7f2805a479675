using Espalier.Gateway.Formats.Prompts;
using Espalier.Gateway.Policies.Models;
using Espalier.Gateway.Providers;

namespace Espalier.Gateway.Formats;

/// <summary>What is put into a request before it goes to a provider of its own format.</summary>
internal sealed record RequestChanges
{
    /// <summary>The model as the provider knows it.</summary>
    public required string Model { get; init; }

    /// <summary>As policies want it; the request's own when they change nothing.</summary>
    public required Prompt Prompt { get; init; }

    /// <summary>The slot that was asked for; null when a model was.</summary>
    public required ModelSlot? Slot { get; init; }

    /// <summary>Whether this provider is to stream.</summary>
    public required bool Stream { get; init; }

    /// <summary>Whether the gateway must know how sure the answer is.</summary>
    public required bool WantConfidence { get; init; }

    /// <summary>Whether the gateway wants the ids of tokens, and how this provider is asked for them.</summary>
    public TokenIdDialect TokenIds { get; init; }

    /// <summary>Whether the provider can be asked for the usage of a stream.</summary>
    public required bool StreamOptions { get; init; }

    /// <summary>Whether the provider can be asked for running counts in each chunk of a stream.</summary>
    public bool ContinuousUsage { get; init; }
}
