namespace Espalier.Core.Traces.Imports;

/// <summary>What holds where a record does not say it.</summary>
/// <param name="Agent">The agent that the traffic is of; replaces what the record says. Null leaves it.</param>
/// <param name="At">When the trace began.</param>
public sealed record ImportDefaults(string? Agent, DateTimeOffset At);
