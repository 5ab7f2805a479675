namespace Espalier.Storage.ClickHouse;

/// <summary>Where ClickHouse's HTTP interface answers, and with which key.</summary>
internal sealed record ClickHouseEndpoint
{
    public required Uri BaseAddress { get; init; }

    /// <summary>A Unix socket to speak through; null for the network.</summary>
    public string? Socket { get; init; }

    public string User { get; init; } = "default";

    public string? Key { get; init; }

    /// <summary>Why waiting is of no use, with the fix; gives null while there is hope.</summary>
    public Func<string?> Problem { get; init; } = () => null;

    public static ClickHouseEndpoint ForServer(ClickHouseOptions options) => new()
    {
        BaseAddress = options.Url ?? throw new InvalidOperationException($"{ClickHouseOptions.Section}:Url is not set."),
        User = options.User,
        Key = options.PasswordFile is { } file ? File.ReadLines(file).FirstOrDefault()?.Trim() : null,
    };
}
