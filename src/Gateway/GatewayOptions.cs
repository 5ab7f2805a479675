using System.ComponentModel.DataAnnotations;
using Espalier.Gateway.Providers.OpenAi;
using Microsoft.Extensions.Options;

namespace Espalier.Gateway;

/// <summary>How the gateway serves calls.</summary>
public sealed class GatewayOptions
{
    public const string Section = "Gateway";

    /// <summary>Largest request in bytes; 1 KiB to 1 GiB, default 32 MiB, which fits long contexts with images.</summary>
    [Range(1024, 1 << 30)]
    public long MaxBodyBytes { get; set; } = 32L << 20;

    /// <summary>More tries after a first one that failed before its first byte; 0 to 10, default 2.</summary>
    [Range(0, 10)]
    public int MaxRetries { get; set; } = 2;

    /// <summary>Longest wait that a provider may ask for before the next try; above it the error is passed on. 0 to 5 min, default 20 s.</summary>
    [Range(typeof(TimeSpan), "00:00:00", "00:05:00")]
    public TimeSpan MaxRetryDelay { get; set; } = TimeSpan.FromSeconds(20);

    /// <summary>How long an answer is still read after its client went away, to learn what it cost; 0 to 5 min, default 15 s.</summary>
    [Range(typeof(TimeSpan), "00:00:00", "00:05:00")]
    public TimeSpan DrainLimit { get; set; } = TimeSpan.FromSeconds(15);

    /// <summary>Tokens of output to reserve money for when a request sets no limit; 1 to 1,000,000, default 1,024.</summary>
    [Range(1, 1_000_000)]
    public int ReservedOutputTokens { get; set; } = 1024;

    /// <summary>Path of the operator's own price file, of the form of the built-in one; null for none.</summary>
    public string? PriceFile { get; set; }

    /// <summary>The OpenAI-compatible server behind the gateway.</summary>
    [ValidateObjectMembers]
    public OpenAiOptions OpenAi { get; set; } = new();
}

/// <summary>Generated checks of <see cref="GatewayOptions"/>.</summary>
[OptionsValidator]
internal sealed partial class GatewayOptionsValidator : IValidateOptions<GatewayOptions>;
