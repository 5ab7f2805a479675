namespace Espalier.Testing.Redaction;

/// <summary>A text whose personal data is marked.</summary>
public sealed record LabelledSentence(string Id, string Text, IReadOnlyList<LabelledSpan> Spans);
