using Espalier.Core.Traces.Otlp;

namespace Espalier.Core.Traces.Dialects;

/// <summary>Where one dialect finds the fields of a span: in order, for each field the attributes that hold it.</summary>
public sealed class FieldRules
{
    private readonly List<FieldRule> _rules = [];

    public IReadOnlyList<FieldRule> All => _rules;

    /// <summary>Takes the first of the attributes that is there as the field's value.</summary>
    public FieldRules Take(SpanField field, params string[] keys)
    {
        foreach (var key in keys) _rules.Add(new FieldRule(field, key, (span, value) => span.Set(field, value)));
        return this;
    }

    /// <summary>Reads an attribute by a function, which returns true when everything in it found a place.</summary>
    public FieldRules Read(SpanField field, string key, Func<SpanDraft, AttributeValue, bool> read)
    {
        _rules.Add(new FieldRule(field, key, read));
        return this;
    }

    /// <summary>Notes for the table what code finds by itself, such as a family of keys or an event.</summary>
    public FieldRules Note(SpanField field, params string[] attributes)
    {
        foreach (var attribute in attributes) _rules.Add(new FieldRule(field, attribute, null));
        return this;
    }

    public void Apply(SpanDraft span)
    {
        foreach (var rule in _rules)
        {
            if (rule.Read is null) continue;
            var index = span.Attributes.Find(rule.Attribute);
            if (index < 0) continue;
            if (rule.Read(span, span.Attributes.ValueAt(index))) span.Attributes.Use(index);
        }
    }
}
