using Espalier.Contracts.Traces;
using Espalier.Core.Shared;

namespace Espalier.Core.Traces;

/// <summary>Makes <see cref="Feedback"/> of what a client sent, or says what is wrong with it. An unknown metric is no reason to refuse.</summary>
public static class FeedbackChecks
{
    private const int MostNameCharacters = 100;
    private const int MostTextCharacters = 100_000;
    private const int MostIdCharacters = 1_000;

    /// <param name="index">Where it stands in its batch, for the message.</param>
    /// <exception cref="Refusal">It says nothing, or about nothing.</exception>
    public static Feedback Check(FeedbackSignal item, int index, DateTimeOffset now)
    {
        Targets(item, index);
        if (item.Name.Length is 0 or > MostNameCharacters)
            throw Bad($"Item {index} has a name of {item.Name.Length} characters.", "Name what is told: outcome, thumbs, csat.");
        if (item is { Label: null, Value: null, Comment: null, Demonstration: null })
            throw Bad($"Item {index} says nothing.", "Give a label, a value, a comment or a demonstration.");
        if (item.Value is { } value && !double.IsFinite(value)) throw Bad($"Item {index} has the value {value}.", "A value is a finite number; yes is 1 and no is 0.");
        foreach (var text in (string?[])[item.Label, item.Comment, item.Demonstration])
            if (text?.Length > MostTextCharacters) throw Bad($"Item {index} has a text of {text.Length} characters.", $"Send at most {MostTextCharacters}.");
        return new Feedback
        {
            TraceId = item.TraceId,
            SpanId = item.SpanId,
            Conversation = item.Conversation,
            ResponseId = item.ResponseId,
            Name = item.Name,
            Source = item.Source,
            Label = item.Label,
            Value = item.Value,
            Comment = item.Comment,
            Demonstration = item.Demonstration,
            At = item.At ?? now,
        };
    }

    private static void Targets(FeedbackSignal item, int index)
    {
        var told = (item.TraceId is null ? 0 : 1) + (item.Conversation is null ? 0 : 1) + (item.ResponseId is null ? 0 : 1);
        if (told != 1)
            throw Bad($"Item {index} is about {told} things.", "Give exactly one of trace_id (with or without span_id), conversation and response_id.");
        if (item.TraceId is { } trace && !IsHex(trace.Value, 32)) throw Bad($"Item {index}: '{trace}' is not a trace id.", "A trace id has 32 lower-case hex digits.");
        if (item.SpanId is { } span && (item.TraceId is null || !IsHex(span.Value, 16)))
            throw Bad($"Item {index}: '{span}' is not a span of a trace.", "A span id has 16 lower-case hex digits and goes with its trace_id.");
        if ((item.Conversation ?? item.ResponseId) is { } id && id.Length is 0 or > MostIdCharacters)
            throw Bad($"Item {index} has an id of {(item.Conversation ?? item.ResponseId)!.Length} characters.", $"Give one of 1 to {MostIdCharacters}.");
    }

    private static bool IsHex(string text, int length) => text.Length == length && text.All(char.IsAsciiHexDigitLower);

    private static Refusal Bad(string what, string fix) => new("feedback-not-valid", 422, what, fix);
}
