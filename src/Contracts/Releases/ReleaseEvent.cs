using System.Text.Json.Serialization;
using Espalier.Contracts.Agents;
using Espalier.Contracts.Search;

namespace Espalier.Contracts.Releases;

/// <summary>One step of a release. What serves production is the fold of these.</summary>
[JsonPolymorphic(TypeDiscriminatorPropertyName = "type")]
[JsonDerivedType(typeof(Registered), "registered")]
[JsonDerivedType(typeof(Requested), "requested")]
[JsonDerivedType(typeof(Approved), "approved")]
[JsonDerivedType(typeof(RolledBack), "rolled_back")]
public abstract record ReleaseEvent
{
    private ReleaseEvent() { }

    public required ReleaseId Release { get; init; }

    public required string Agent { get; init; }

    public required DateTimeOffset At { get; init; }

    public required string By { get; init; }

    /// <summary>The agent's first version: it serves because nothing else does.</summary>
    public sealed record Registered(VersionId Version) : ReleaseEvent;

    /// <param name="Digest">Binds the approval to what was measured: version, tree, dataset revision and evaluation.</param>
    public sealed record Requested(VersionId Version, VersionId Baseline, SessionId? Session, string Digest) : ReleaseEvent;

    /// <param name="Digest">The digest that the approver saw; it must equal the request's.</param>
    public sealed record Approved(string Digest) : ReleaseEvent;

    public sealed record RolledBack(VersionId To, string Reason) : ReleaseEvent;
}
