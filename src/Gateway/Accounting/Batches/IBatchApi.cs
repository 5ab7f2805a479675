using System.Text.Json;

namespace Espalier.Gateway.Accounting.Batches;

/// <summary>How one vendor's API writes batches.</summary>
internal interface IBatchApi
{
    /// <summary>Name of the provider.</summary>
    string Provider { get; }

    /// <summary>As price lists name it.</summary>
    string PricedAs { get; }

    /// <summary>The format of its errors.</summary>
    string Format { get; }

    /// <summary>Where it is asked how a batch does.</summary>
    string PathOf(string id);

    /// <summary>What an answer about a batch says; null when it is none.</summary>
    BatchState? Read(JsonElement answer);
}

/// <summary>How a batch does.</summary>
internal sealed record BatchState
{
    /// <summary>The provider's own id of it.</summary>
    public required string Id { get; init; }

    /// <summary>True once nothing more will come of it.</summary>
    public required bool Ended { get; init; }

    /// <summary>Paths of files of JSON lines that hold its results.</summary>
    public IReadOnlyList<string> Results { get; init; } = [];

    /// <summary>Results that stand in the answer itself, a line of JSON each.</summary>
    public IReadOnlyList<string> Inline { get; init; } = [];

    /// <summary>Ids of files that belong to whoever sent the batch.</summary>
    public IReadOnlyList<string> Files { get; init; } = [];
}
