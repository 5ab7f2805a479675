namespace Espalier.Core.Traces.Otlp;

/// <summary>Who sent: the attributes of the process, shared by all of its spans.</summary>
public sealed class OtlpResource
{
    private readonly List<KeyValuePair<string, string>> _kept = [];

    public AttributeSet Attributes { get; } = new();

    /// <summary>What is kept of it with each span: all but what has a place of its own there.</summary>
    internal IReadOnlyList<KeyValuePair<string, string>> Kept => _kept;

    internal string? Service { get; private set; }

    internal string? Version { get; private set; }

    internal string? Environment { get; private set; }

    internal string? Agent { get; private set; }

    /// <summary>Reads, once for all spans, what every span takes over.</summary>
    internal void Seal()
    {
        Service = Take("service.name");
        // SDKs that were told no name make one up; it says nothing.
        if (Service is not null && Service.StartsWith("unknown_service", StringComparison.Ordinal)) Service = null;
        Version = Take("service.version");
        Environment = Take("deployment.environment.name") ?? Take("deployment.environment");
        Agent = Take("espalier.agent");
        for (var i = 0; i < Attributes.Count; i++)
            if (!Attributes.IsUsed(i) && Attributes.ValueAt(i).AsText() is { } text) _kept.Add(new("resource." + Attributes.KeyAt(i), text));
    }

    internal void Clear()
    {
        Attributes.Clear();
        _kept.Clear();
        Service = Version = Environment = Agent = null;
    }

    private string? Take(string key)
    {
        var text = Attributes.Text(key);
        if (text is not null) Attributes.Use(key);
        return text;
    }
}
