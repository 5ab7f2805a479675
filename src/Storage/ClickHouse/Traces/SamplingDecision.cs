namespace Espalier.Storage.ClickHouse.Traces;

/// <summary>Whether a trace is kept, and the chance that one like it is.</summary>
internal sealed record SamplingDecision(string TraceId, int Kept, double Probability);
