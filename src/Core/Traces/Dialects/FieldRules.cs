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
            if (rule.Read is not null) Apply(span, rule.Attribute, rule.Read);
        }
    }

    /// <summary>Reads one attribute when it is there, and keeps of it what found no place.</summary>
    public static void Apply(SpanDraft span, string attribute, Func<SpanDraft, AttributeValue, bool> read)
    {
        var index = span.Attributes.Find(attribute);
        if (index < 0) return;
        span.Remainder = null;
        if (!read(span, span.Attributes.ValueAt(index))) return;
        if (span.Remainder is { } left) span.Attributes.Replace(index, AttributeValue.Text(left));
        else span.Attributes.Use(index);
    }
}
