namespace Espalier.Contracts.Shared;

/// <summary>An estimate with its two-sided interval, all in the estimate's unit.</summary>
public sealed record Interval(double Value, double Low, double High);
