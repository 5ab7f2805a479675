using Espalier.Contracts.Traces;
using Espalier.Core.Traces.Dialects;

namespace Espalier.Core.Traces.Otlp;

/// <summary>The dialects in their order, and which of them have a say in an item: by its keys, by its scope.</summary>
internal sealed class DialectChain
{
    private const int Most = 32;
    private readonly ITraceDialect[] _dialects;

    public DialectChain(IEnumerable<ITraceDialect> dialects)
    {
        _dialects = [.. dialects];
        if (_dialects.Length > Most) throw new InvalidOperationException($"At most {Most} dialects fit into a mask; there are {_dialects.Length}.");
        var twice = _dialects.GroupBy(dialect => dialect.Name, StringComparer.Ordinal).FirstOrDefault(group => group.Count() > 1);
        if (twice is not null) throw new InvalidOperationException($"Two dialects are named '{twice.Key}'. Known: {string.Join(", ", _dialects.Select(dialect => dialect.Name))}.");
    }

    /// <summary>One bit for each dialect that the key belongs to.</summary>
    public uint OfKey(string key)
    {
        uint mask = 0;
        for (var i = 0; i < _dialects.Length; i++)
            if (_dialects[i].Prefixes.Any(prefix => key.StartsWith(prefix, StringComparison.Ordinal))) mask |= 1u << i;
        return mask;
    }

    public uint OfScope(string scope)
    {
        uint mask = 0;
        for (var i = 0; i < _dialects.Length; i++)
            if (_dialects[i].KnowsScope(scope)) mask |= 1u << i;
        return mask;
    }

    /// <summary>Settles the kind, then reads all else.</summary>
    public void Read(SpanDraft span, uint mask)
    {
        for (var i = 0; i < _dialects.Length && span.Kind is null; i++)
            if ((mask & (1u << i)) != 0) span.Kind = _dialects[i].KindOf(span);
        span.Kind ??= SpanKind.Other;
        for (var i = 0; i < _dialects.Length; i++)
            if ((mask & (1u << i)) != 0) _dialects[i].Read(span);
    }

    /// <summary>False when no dialect knows the record.</summary>
    public bool ReadRecord(SpanDraft record, uint mask)
    {
        record.Kind = SpanKind.Event;
        var isKnown = false;
        for (var i = 0; i < _dialects.Length; i++)
            if ((mask & (1u << i)) != 0) isKnown |= _dialects[i].ReadRecord(record);
        return isKnown;
    }

    /// <summary>Names of the dialects that the keys of an item belong to; null when none does.</summary>
    public IReadOnlyList<string>? Names(uint keys)
    {
        if (keys == 0) return null;
        var names = new List<string>();
        for (var i = 0; i < _dialects.Length; i++)
            if ((keys & (1u << i)) != 0) names.Add(_dialects[i].Name);
        return names;
    }
}
