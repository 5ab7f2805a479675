using System.Globalization;
using System.Text.Json;

namespace Espalier.Ingest;

/// <summary>One trace of a support agent in OpenTelemetry's generative conventions: an agent span, and below it model calls, tools and retrievals.</summary>
internal static class TraceShape
{
    /// <summary>From the first start to the last end of a trace.</summary>
    public const long Nanos = 4_000_000_000;

    private const int Most = 15;

    // One trace in so many ends in error.
    private const int ErrorsOneIn = 40;

    // Of the bytes of an average span, how many each kind has: a call holds the conversation so far, a tool little.
    private static readonly (string Kind, double Share)[] Steps =
    [
        ("guardrail", 0.35), ("chat", 1.5), ("retrieval", 1.4), ("chat", 1.6), ("tool", 0.5), ("tool", 0.6), ("chat", 1.7), ("tool", 0.5), ("chat", 1.7), ("tool", 0.6), ("tool", 0.5),
        ("chat", 1.8), ("retrieval", 1.2), ("guardrail", 0.4),
    ];

    public static IEnumerable<SpanBytes> Make(Texts texts, int spanBytes, int most)
    {
        var count = Math.Min(Most, most);
        var conversation = $"conv-{texts.Code()}-{texts.Next(1_000_000)}";
        var root = Id(texts);
        var question = texts.Paragraph(220);
        var fails = texts.Next(ErrorsOneIn) == 0;
        yield return Span(root, null, fails, "invoke_agent support-desk", 0, Nanos, (int)(spanBytes * 0.65), (span, room) =>
        {
            Text(span, "gen_ai.operation.name", "invoke_agent");
            Text(span, "gen_ai.agent.name", "support-desk");
            Text(span, "gen_ai.conversation.id", conversation);
            Text(span, "user.id", $"user-{texts.Next(40_000)}");
            Text(span, "gen_ai.input.messages", Messages(("user", question)));
            Text(span, "gen_ai.output.messages", Messages(("assistant", texts.Paragraph(room() - 80))));
        });
        for (var i = 0; i < count - 1; i++)
        {
            var (kind, share) = Steps[i];
            var start = Nanos / 20 * (i + 1);
            yield return Span(Id(texts), root, false, Name(kind, texts), start, start + (Nanos / 25), (int)(spanBytes * share), (span, room) => Fill(span, kind, texts, conversation, question, room));
        }
    }

    private static void Fill(ProtoWriter span, string kind, Texts texts, string conversation, string question, Func<int> room)
    {
        Text(span, "gen_ai.conversation.id", conversation);
        switch (kind)
        {
            case "chat":
                Text(span, "gen_ai.operation.name", "chat");
                Text(span, "gen_ai.provider.name", "openai");
                Text(span, "gen_ai.request.model", "gpt-5-mini");
                Text(span, "gen_ai.response.model", "gpt-5-mini-2026-08-01");
                Text(span, "gen_ai.response.id", $"chatcmpl-{texts.Word()}{texts.Code()}");
                Text(span, "server.address", "api.openai.com");
                Number(span, "gen_ai.usage.input_tokens", 300 + texts.Next(2_000));
                Number(span, "gen_ai.usage.output_tokens", 20 + texts.Next(400));
                Number(span, "gen_ai.usage.cache_read.input_tokens", texts.Next(256));
                span.Attribute(9, "gen_ai.response.finish_reasons", any =>
                {
                    var list = new ProtoWriter();
                    var one = new ProtoWriter();
                    one.Text(1, "stop");
                    list.Message(1, one);
                    any.Message(5, list);
                });
                Text(span, "gen_ai.output.messages", Messages(("assistant", texts.Paragraph(280))));
                Text(span, "gen_ai.input.messages", Messages(("system", "You are the support agent of a shop. Answer briefly, never promise dates."), ("user", question), ("tool", texts.Paragraph(room() - 260))));
                break;
            case "tool":
                Text(span, "gen_ai.operation.name", "execute_tool");
                Text(span, "gen_ai.tool.name", "get_order_status");
                Text(span, "gen_ai.tool.call.id", $"call_{texts.Word()}");
                Text(span, "gen_ai.tool.call.arguments", $$"""{"order_id":"{{texts.Code()}}","include_history":true}""");
                Text(span, "gen_ai.tool.call.result", $$"""{"status":"in transit","carrier":"{{texts.Word()}}","note":"{{texts.Paragraph(room() - 90)}}"}""");
                break;
            case "retrieval":
                Text(span, "gen_ai.operation.name", "retrieval");
                Text(span, "gen_ai.retrieval.query.text", question);
                var each = Math.Max(40, (room() - 60) / 3);
                Text(span, "gen_ai.retrieval.documents", $"[{string.Join(',', Enumerable.Range(0, 3).Select(i => $$"""{"id":"doc-{{texts.Next(5_000)}}","score":0.{{90 - (i * 7)}},"content":"{{texts.Paragraph(each - 45)}}"}"""))}]");
                break;
            default:
                Text(span, "openinference.span.kind", "GUARDRAIL");
                Text(span, "input.value", texts.Paragraph(room() - 40));
                break;
        }
    }

    private static string Name(string kind, Texts texts) => kind switch
    {
        "chat" => "chat gpt-5-mini",
        "tool" => "execute_tool get_order_status",
        "retrieval" => "retrieval handbook",
        _ => $"guardrail {texts.Pick<string>(["addresses", "tone"])}",
    };

    private static SpanBytes Span(byte[] id, byte[]? parent, bool fails, string name, long start, long end, int bytes, Action<ProtoWriter, Func<int>> fill)
    {
        var span = new ProtoWriter();
        span.Bytes(1, new byte[16]);
        var traceId = span.Length - 16;
        span.Bytes(2, id);
        if (parent is not null) span.Bytes(4, parent);
        span.Text(5, name);
        span.Number(6, 3);
        var startAt = span.Fixed(7, 0);
        var endAt = span.Fixed(8, 0);
        fill(span, () => Math.Max(60, bytes - span.Length));
        var status = new ProtoWriter();
        if (fails)
        {
            status.Text(2, "the carrier did not answer");
            status.Number(3, 2);
        }

        span.Message(15, status);
        return new SpanBytes(span, traceId, startAt, endAt, start, end);
    }

    private static byte[] Id(Texts texts) => Convert.FromHexString(string.Concat(Enumerable.Range(0, 4).Select(_ => (1 + texts.Next(65_534)).ToString("x4", CultureInfo.InvariantCulture))));

    private static void Text(ProtoWriter span, string key, string value) => span.Attribute(9, key, any => any.Text(1, value));

    private static void Number(ProtoWriter span, string key, int value) => span.Attribute(9, key, any => any.Number(3, (ulong)value));

    private static string Messages(params (string Role, string Text)[] messages) =>
        $"[{string.Join(',', messages.Select(message => $$"""{"role":"{{message.Role}}","parts":[{"type":"text","content":"{{JsonEncodedText.Encode(message.Text)}}"}]}"""))}]";
}

/// <summary>A span, and where in it the bytes are that change.</summary>
/// <param name="StartAfter">Nanoseconds after its trace's first start.</param>
internal sealed record SpanBytes(ProtoWriter Bytes, int TraceIdAt, int StartAt, int EndAt, long StartAfter, long EndAfter);
