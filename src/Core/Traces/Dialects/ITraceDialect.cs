using Espalier.Contracts.Traces;

namespace Espalier.Core.Traces.Dialects;

/// <summary>One convention by which clients write what their agents do into OpenTelemetry's spans and log records.</summary>
/// <remarks>
/// A span may speak several. They are asked in the order of their registration: first each for the span's kind, where the first that says
/// one is believed, then each for everything else, where each fills what is still unknown. Stateless and thread-safe.
/// </remarks>
public interface ITraceDialect
{
    /// <summary>Lower-case, the word in <c>SpanDetails.Dialects</c> and in the mapping table.</summary>
    string Name { get; }

    /// <summary>What its attribute keys begin with. It is asked only about items that have such a key, or whose scope it knows.</summary>
    IReadOnlyList<string> Prefixes { get; }

    /// <summary>Where it finds what: the source both of reading and of the mapping table.</summary>
    FieldRules Rules { get; }

    /// <summary>True for instrumentation scopes whose spans it reads even where they have none of its keys.</summary>
    bool KnowsScope(string scope) => false;

    /// <summary>The kind by this convention; null when it does not say.</summary>
    SpanKind? KindOf(SpanDraft span);

    /// <summary>Fills what is unknown and in the item. The kind is settled by then.</summary>
    void Read(SpanDraft span) => Rules.Apply(span);

    /// <summary>Reads a log record that belongs to a span. True when it is one of this convention; a record that nobody knows is not kept.</summary>
    bool ReadRecord(SpanDraft record) => false;
}
