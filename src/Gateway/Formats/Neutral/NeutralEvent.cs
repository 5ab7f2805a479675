using Espalier.Contracts.Traces;

namespace Espalier.Gateway.Formats.Neutral;

/// <summary>What happens in a streamed reply, in no vendor's words.</summary>
/// <remarks>Started comes first and Ended last; a part is started, told in deltas and ended; parts of one answer may overlap.</remarks>
internal abstract record NeutralEvent
{
    private NeutralEvent() { }

    public sealed record Started(string Id, string Model, long? Created) : NeutralEvent;

    /// <param name="Answer">Which answer.</param>
    /// <param name="Index">Which part of it.</param>
    /// <param name="Part">What is known of it at the start.</param>
    public sealed record PartStarted(int Answer, int Index, Part Part) : NeutralEvent;

    public sealed record Delta(int Answer, int Index, string Text) : NeutralEvent
    {
        public IReadOnlyList<TokenLogprob> Logprobs { get; init; } = [];
    }

    public sealed record Signed(int Answer, int Index, string Signature) : NeutralEvent;

    public sealed record PartEnded(int Answer, int Index) : NeutralEvent;

    public sealed record Stopped(int Answer, StopReason Reason, string? Sequence) : NeutralEvent;

    /// <summary>The counts so far; the last one holds.</summary>
    public sealed record Counted(TokenUsage Usage) : NeutralEvent;

    public sealed record Failed(string Message, string? Type) : NeutralEvent;

    public sealed record Ended : NeutralEvent;
}
