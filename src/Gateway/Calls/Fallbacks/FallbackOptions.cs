using System.ComponentModel.DataAnnotations;

namespace Espalier.Gateway.Calls.Fallbacks;

/// <summary>A model that is asked when another one fails, and against what it helps.</summary>
public sealed class FallbackOptions
{
    /// <summary>The model to ask.</summary>
    [Required]
    public string Model { get; set; } = "";

    /// <summary>Classes of failures: <c>rate_limit</c>, <c>overloaded</c>, <c>timeout</c>, <c>content_filter</c>, <c>context_length</c>, <c>server_error</c>,
    /// <c>unreachable</c>, <c>auth</c>. None: all but <c>content_filter</c> and <c>context_length</c>.</summary>
    public IList<string> On { get; set; } = [];
}
