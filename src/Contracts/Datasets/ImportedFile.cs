namespace Espalier.Contracts.Datasets;

/// <summary>A file as a client has it: its text, or its bytes in base64.</summary>
public sealed record ImportedFile
{
    public required string Path { get; init; }

    public string? Text { get; init; }

    public string? Base64 { get; init; }

    public bool Executable { get; init; }
}
