namespace Espalier.Contracts.Traces;

public enum Purpose
{
    Production,
    Evaluation,
}
