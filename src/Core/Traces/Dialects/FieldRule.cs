using Espalier.Core.Traces.Otlp;

namespace Espalier.Core.Traces.Dialects;

/// <summary>One line of a dialect's mapping.</summary>
/// <param name="Attribute">The key, or in a note the family of keys or the event: <c>llm.input_messages.*</c>.</param>
/// <param name="Read">Returns true when the value is in the span whole; null for a note.</param>
public sealed record FieldRule(SpanField Field, string Attribute, Func<SpanDraft, AttributeValue, bool>? Read);
