namespace Espalier.Contracts.Traces;

/// <summary>Why an attempt was made. Cascade: a cheaper model was not sure enough.</summary>
public enum AttemptRole
{
    Primary,
    Retry,
    Fallback,
    Cascade,
    Judge,
}
