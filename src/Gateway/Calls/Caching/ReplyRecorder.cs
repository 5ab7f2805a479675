using Espalier.Gateway.Formats.Events;
using Espalier.Gateway.Formats.Readings;
using Espalier.Gateway.Providers;

namespace Espalier.Gateway.Calls.Caching;

/// <summary>Takes a reply down while it passes, and keeps it when it was a whole and good one.</summary>
internal sealed class ReplyRecorder(CacheUse? use, ReplyCache cache, TimeProvider time)
{
    private static readonly HashSet<string> Cut = ["length", "max_tokens", "MAX_TOKENS", "incomplete", "pause_turn", "model_context_window_exceeded"];

    private readonly List<StreamEvent> _events = [];
    private long _bytes;

    public void Add(StreamEvent streamed)
    {
        if (use is null || _bytes > cache.MaxEntryBytes) return;
        _bytes += streamed.Raw.Length;
        // An event's bytes are good until the next one is read.
        _events.Add(streamed with { Data = streamed.Data.ToArray(), Raw = streamed.Raw.ToArray(), More = true });
    }

    public void Keep(ReplyReading reading)
    {
        if (use is null || !IsGood(reading) || _events.Count == 0 || _bytes > cache.MaxEntryBytes) return;
        _events[^1] = _events[^1] with { More = false };
        cache.Keep(use.Key, new CachedReply(default, _events, time.GetUtcNow()));
    }

    public void Keep(ReplyReading reading, ReadOnlyMemory<byte> body)
    {
        if (use is not null && IsGood(reading)) cache.Keep(use.Key, new CachedReply(body, [], time.GetUtcNow()));
    }

    private static bool IsGood(ReplyReading reading) => reading is { IsComplete: true, Error: null } && reading.FinishReason is { } reason
        && !Cut.Contains(reason) && !FailureClasses.IsFiltered(reason) && reading is not OpenAiResponsesReading { InBackground: true };
}
