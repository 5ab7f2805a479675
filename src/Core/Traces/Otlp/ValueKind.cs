namespace Espalier.Core.Traces.Otlp;

/// <summary>What an attribute's value is. Lists and maps are JSON.</summary>
public enum ValueKind : byte
{
    None,
    Text,
    Bool,
    Whole,
    Real,
    Json,
}
