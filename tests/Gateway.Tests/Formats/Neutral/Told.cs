using System.Collections;
using System.Text;
using System.Text.Json;
using Espalier.Gateway.Formats.Neutral;

namespace Espalier.Gateway.Tests.Formats.Neutral;

/// <summary>Neutral forms as text that two equal ones share, and events gathered into the reply that they tell.</summary>
internal static class Told
{
    public static string Of(object? value) => value switch
    {
        null => "null",
        string text => JsonSerializer.Serialize(text, TextOnly.Default.String),
        JsonElement json => json.GetRawText().Replace(" ", "", StringComparison.Ordinal),
        IEnumerable list => $"[{string.Join(", ", list.Cast<object?>().Select(Of))}]",
        _ when value.GetType().IsPrimitive || value is Enum => $"{value}",
        _ => $"{value.GetType().Name}({string.Join(", ", value.GetType().GetProperties().Where(one => one.GetIndexParameters().Length == 0 && one.Name != "IsInstruction")
            .OrderBy(one => one.Name, StringComparer.Ordinal).Select(one => $"{one.Name}: {Of(one.GetValue(value))}"))})",
    };

    /// <summary>The reply that a stream tells; parts that were begun and not ended are a failure of the stream.</summary>
    public static NeutralReply Reply(IEnumerable<NeutralEvent> events)
    {
        var reply = new NeutralReply { Id = "", Model = "", Answers = [] };
        var parts = new SortedDictionary<(int, int), (Part Part, StringBuilder Said, string? Signature, bool Ended)>();
        var stops = new SortedDictionary<int, (StopReason, string?)>();
        var logprobs = new Dictionary<int, List<TokenLogprob>>();
        var ended = false;
        foreach (var told in events)
        {
            ended.ShouldBeFalse("nothing comes behind the end");
            switch (told)
            {
                case NeutralEvent.Started started:
                    reply = reply with { Id = started.Id, Model = started.Model, Created = started.Created };
                    break;
                case NeutralEvent.PartStarted started:
                    parts.Add((started.Answer, started.Index), (started.Part, new StringBuilder(), null, false));
                    break;
                case NeutralEvent.Delta delta:
                    var open = parts[(delta.Answer, delta.Index)];
                    open.Ended.ShouldBeFalse();
                    open.Said.Append(delta.Text);
                    if (!logprobs.TryGetValue(delta.Answer, out var list)) logprobs.Add(delta.Answer, list = []);
                    list.AddRange(delta.Logprobs);
                    break;
                case NeutralEvent.Signed signed:
                    parts[(signed.Answer, signed.Index)] = parts[(signed.Answer, signed.Index)] with { Signature = signed.Signature };
                    break;
                case NeutralEvent.PartEnded over:
                    parts[(over.Answer, over.Index)] = parts[(over.Answer, over.Index)] with { Ended = true };
                    break;
                case NeutralEvent.Stopped stopped:
                    stops.Add(stopped.Answer, (stopped.Reason, stopped.Sequence));
                    break;
                case NeutralEvent.Counted counted:
                    reply = reply with { Usage = counted.Usage };
                    break;
                case NeutralEvent.Ended:
                    ended = true;
                    break;
            }
        }

        ended.ShouldBeTrue("a stream has an end");
        parts.Values.ShouldAllBe(part => part.Ended);
        return reply with
        {
            Answers =
            [
                .. stops.Select(stop => new Answer(stop.Key, [.. parts.Where(part => part.Key.Item1 == stop.Key).Select(part => Whole(part.Value.Part, part.Value.Said.ToString(), part.Value.Signature))], stop.Value.Item1)
                {
                    StopSequence = stop.Value.Item2,
                    Logprobs = logprobs.GetValueOrDefault(stop.Key) ?? [],
                }),
            ],
        };
    }

    private static Part Whole(Part part, string said, string? signature) => part switch
    {
        Part.Text text => text with { Content = text.Content + said },
        Part.Refusal refusal => refusal with { Content = refusal.Content + said },
        Part.Call call => call with { Arguments = call.Arguments + said },
        Part.Thinking thinking => thinking with { Content = thinking.Content + said, Signature = signature ?? thinking.Signature },
        _ => part,
    };
}

[System.Text.Json.Serialization.JsonSerializable(typeof(string))]
internal sealed partial class TextOnly : System.Text.Json.Serialization.JsonSerializerContext;
