namespace Espalier.Contracts.Traces;

/// <summary>What a line of a bill counts.</summary>
public enum BillUnit
{
    Token,
    Call,
}
