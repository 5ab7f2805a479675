using Espalier.Contracts.Search;

namespace Espalier.Contracts.Frontiers;

/// <summary>Everything that is known of an ended session: enough to draw its frontier and to explain every version on it.</summary>
/// <remarks>Texts in it come from requests, models and proposers and are not to be trusted: whoever shows them escapes them.</remarks>
public sealed record FrontierReport
{
    public required SessionId Session { get; init; }

    public required string Agent { get; init; }

    public required Goal Goal { get; init; }

    public required long Seed { get; init; }

    public required ReportDataset Dataset { get; init; }

    public required ReportMoney Money { get; init; }

    public required ReportStop Stop { get; init; }

    /// <summary>The versions measured on the confirm split, the baseline among them, in any order.</summary>
    public required IReadOnlyList<FrontierPoint> Points { get; init; }

    /// <summary>Every version of the session, parents before their children; the baseline first.</summary>
    public required IReadOnlyList<ReportNode> Nodes { get; init; }

    /// <summary>Edits that were proposed and never became a version.</summary>
    public required IReadOnlyList<RefusedEdit> Refused { get; init; }

    /// <summary>What can be done now: release, roll back, run again.</summary>
    public required IReadOnlyList<ReportCommand> Next { get; init; }
}
