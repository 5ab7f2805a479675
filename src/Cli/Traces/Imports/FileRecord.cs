namespace Espalier.Cli.Traces.Imports;

/// <summary>One record of a file as it stands there.</summary>
/// <param name="Line">The line on which it begins, counted from 1.</param>
/// <param name="Text">JSON, or what should be; null when it is protobuf.</param>
/// <param name="Protobuf">An export request in protobuf.</param>
/// <param name="Problem">Why it cannot be sent at all; null when it can.</param>
internal sealed record FileRecord(long Line, string? Text, byte[]? Protobuf = null, string? Problem = null)
{
    public int Size => Text?.Length ?? Protobuf?.Length ?? 0;
}
