namespace Espalier.Core.Traces.Redaction;

/// <summary>What is taken out of traces and feedback before they are stored.</summary>
public sealed class RedactionOptions
{
    public const string Section = "Traces:Redaction";

    /// <summary>The words of all built-in kinds.</summary>
    public static IReadOnlyList<string> KnownKinds => Detectors.DetectorList.Kinds;

    public const int MostPatterns = 50;

    public const int LongestPattern = 1000;

    /// <summary>A second guard behind the linear engine; a text that takes longer is replaced as a whole.</summary>
    public static readonly TimeSpan PatternTimeout = TimeSpan.FromMilliseconds(100);

    /// <summary>False stores everything as it came. Default true: what is never stored cannot leak.</summary>
    public bool Enabled { get; set; } = true;

    /// <summary>Kinds to redact, by their words; empty (default) means all of them, because all are recognised by form and checksum.</summary>
    public IList<string> Kinds { get; } = [];

    /// <summary>Own patterns by kind: <c>Traces:Redaction:Patterns:customer-number = C-[0-9]{8}</c>. At most 50, of at most 1,000 characters
    /// each, without look-arounds and back-references: they run in time proportional to the text. Default none.</summary>
    public IDictionary<string, string> Patterns { get; } = new Dictionary<string, string>(StringComparer.Ordinal);

    /// <summary>File with the key of the placeholders: 32 to 1024 bytes, readable by its owner only. Default null: the server makes one in its data
    /// folder. Servers that share a trace store need the same one, or equal values get different placeholders.</summary>
    public string? KeyFile { get; set; }
}
