namespace Espalier.Core.Traces.Otlp;

/// <summary>An attribute's key and, as one bit each, the dialects that it belongs to.</summary>
internal sealed record AttributeKey(string Text, uint Dialects);
