namespace Espalier.Testing.Redaction;

/// <summary>Personal data that is marked in a text. Positions are UTF-16 here; the files count code points.</summary>
public sealed record LabelledSpan(string Type, int Start, int End);
