namespace Espalier.Contracts.Traces;

/// <summary>Why an attempt was made. Cascade: a cheaper model was not sure enough. Sample: one of several answers of which one is chosen. Judge: a model
/// rates an answer. Summary: a model shortens a conversation.</summary>
public enum AttemptRole
{
    Primary,
    Retry,
    Fallback,
    Cascade,
    Judge,
    Sample,
    Summary,
}
