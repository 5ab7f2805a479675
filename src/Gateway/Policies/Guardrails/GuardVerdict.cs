namespace Espalier.Gateway.Policies.Guardrails;

/// <summary>What one guardrail found in one stage of one call. Not thread-safe.</summary>
internal sealed class GuardVerdict(Guard guard, string stage, DateTimeOffset start)
{
    private readonly SortedDictionary<string, int> _found = new(StringComparer.Ordinal);

    public Guard Guard { get; } = guard;

    public string Stage { get; } = stage;

    public DateTimeOffset Start { get; } = start;

    /// <summary>True when something was found.</summary>
    public bool IsTriggered => _found.Count > 0;

    /// <summary>What was done: <c>passed</c>, <c>flagged</c>, <c>redacted</c>, <c>blocked</c>.</summary>
    public string Done { get; set; } = "passed";

    /// <summary>What was found, with how often, and none of it.</summary>
    public IReadOnlyDictionary<string, int> Found => _found;

    public void Add(string what, string done)
    {
        _found[what] = _found.GetValueOrDefault(what) + 1;
        if (Done != "blocked") Done = done;
    }
}
