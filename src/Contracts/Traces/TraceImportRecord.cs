namespace Espalier.Contracts.Traces;

/// <summary>One record of a file. Exactly one of content and protobuf is told.</summary>
public sealed record TraceImportRecord
{
    /// <summary>Where it begins in its file, counted from 1; told again when it is rejected.</summary>
    public required long Line { get; init; }

    /// <summary>JSON as it stands in the file.</summary>
    public string? Content { get; init; }

    /// <summary>An OTLP export request in protobuf, in base64.</summary>
    public string? Protobuf { get; init; }
}
