namespace Espalier.Contracts.Traces;

/// <summary>Why an attempt was made. Cascade: a cheaper model was not sure enough. Sample: one of several answers of which one is chosen. Judge: a model
/// rates an answer. Summary: a model shortens a conversation.
/// CacheHit: nobody was asked, the gateway had the answer.</summary>
public enum AttemptRole
{
    Primary,
    Retry,
    Fallback,
    Cascade,
    Judge,
    Sample,
    Summary,
    CacheHit,
}
