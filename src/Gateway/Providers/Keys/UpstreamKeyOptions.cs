using System.ComponentModel.DataAnnotations;

namespace Espalier.Gateway.Providers.Keys;

/// <summary>One more key of a provider: of another account, or of another address that serves the same models.</summary>
public sealed class UpstreamKeyOptions
{
    /// <summary>Its name in diagnostics and traces; letters, digits, dots, dashes and underscores, 1 to 40.</summary>
    [Required]
    [RegularExpression("^[A-Za-z0-9._-]{1,40}$")]
    public string Name { get; set; } = "";

    /// <summary>The secret; null for a server that wants none. Never reaches an agent, a trace or a log.</summary>
    public string? ApiKey { get; set; }

    /// <summary>The address that it is used at; null is the provider's.</summary>
    public Uri? BaseUrl { get; set; }
}
