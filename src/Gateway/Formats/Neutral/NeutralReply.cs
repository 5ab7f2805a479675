using Espalier.Contracts.Traces;

namespace Espalier.Gateway.Formats.Neutral;

/// <summary>A reply in no vendor's words.</summary>
internal sealed record NeutralReply
{
    public required string Id { get; init; }

    public required string Model { get; init; }

    public required IReadOnlyList<Answer> Answers { get; init; }

    /// <summary>Null when the provider told none.</summary>
    public TokenUsage? Usage { get; init; }

    /// <summary>Seconds since 1970; null when the provider's format has none.</summary>
    public long? Created { get; init; }

    public string? ServiceTier { get; init; }

    /// <summary>The whole reply as the events that a stream would have brought.</summary>
    public IEnumerable<NeutralEvent> ToEvents()
    {
        yield return new NeutralEvent.Started(Id, Model, Created);
        foreach (var answer in Answers)
        {
            foreach (var (index, part) in answer.Parts.Index())
            {
                yield return new NeutralEvent.PartStarted(answer.Index, index, part switch
                {
                    Part.Text => new Part.Text(""),
                    Part.Refusal => new Part.Refusal(""),
                    Part.Thinking thinking => new Part.Thinking("", null) { Id = thinking.Id },
                    Part.Call call => call with { Arguments = "" },
                    _ => part,
                });
                var said = part switch
                {
                    Part.Text text => text.Content,
                    Part.Refusal refusal => refusal.Content,
                    Part.Thinking thinking => thinking.Content,
                    Part.Call call => call.Arguments,
                    _ => "",
                };
                if (said.Length > 0)
                    yield return new NeutralEvent.Delta(answer.Index, index, said) { Logprobs = part is Part.Text && index == FirstText(answer) ? answer.Logprobs : [] };
                if (part is Part.Thinking { Signature: { } signature }) yield return new NeutralEvent.Signed(answer.Index, index, signature);
                yield return new NeutralEvent.PartEnded(answer.Index, index);
            }

            yield return new NeutralEvent.Stopped(answer.Index, answer.Stop, answer.StopSequence);
        }

        if (Usage is { } usage) yield return new NeutralEvent.Counted(usage);
        yield return new NeutralEvent.Ended();
    }

    private static int FirstText(Answer answer) => answer.Parts.Index().FirstOrDefault(pair => pair.Item is Part.Text, (-1, null!)).Index;
}

/// <summary>One of a reply's answers.</summary>
internal sealed record Answer(int Index, IReadOnlyList<Part> Parts, StopReason Stop)
{
    /// <summary>The text that ended it, when one of the request's did.</summary>
    public string? StopSequence { get; init; }

    public IReadOnlyList<TokenLogprob> Logprobs { get; init; } = [];
}

/// <summary>Why an answer ended.</summary>
internal enum StopReason
{
    End,
    Length,
    Calls,
    Sequence,
    Filter,

    /// <summary>The provider pauses a long turn; sending it back goes on.</summary>
    Pause,
}

internal sealed record TokenLogprob(string Token, double Logprob, IReadOnlyList<(string Token, double Logprob)> Others);
