using System.Globalization;
using Espalier.Testing.Otlp;

namespace Espalier.OtlpMapping;

/// <summary>Requests of a stated size and shape, the same each time.</summary>
internal static class Synthetic
{
    /// <summary>Calls of a chat model as today's instrumentations tell them: four messages and some twenty attributes, 2 KB.</summary>
    public static OtlpRequest Chat(int spans) => new()
    {
        Scope = "opentelemetry.instrumentation.openai_v2",
        Resource = Resource,
        Spans = [.. Enumerable.Range(1, spans).Select(i => new OtlpSpan
        {
            SpanId = i.ToString("x16", CultureInfo.InvariantCulture),
            ParentId = "00000000000000ff",
            Name = "chat gpt-5-mini",
            Attributes = new Dictionary<string, object>
            {
                ["gen_ai.operation.name"] = "chat",
                ["gen_ai.provider.name"] = "openai",
                ["gen_ai.request.model"] = "gpt-5-mini",
                ["gen_ai.request.temperature"] = 0.2,
                ["gen_ai.request.max_tokens"] = 1024,
                ["gen_ai.response.model"] = "gpt-5-mini-2026-08-01",
                ["gen_ai.response.id"] = $"chatcmpl-{i}",
                ["gen_ai.response.finish_reasons"] = new object[] { "stop" },
                ["gen_ai.usage.input_tokens"] = 257 + i,
                ["gen_ai.usage.output_tokens"] = 41,
                ["gen_ai.usage.cache_read.input_tokens"] = 128,
                ["gen_ai.conversation.id"] = "conversation-17",
                ["user.id"] = "user-4711",
                ["gen_ai.agent.name"] = "support_agent",
                ["server.address"] = "api.openai.com",
                ["server.port"] = 443,
                ["gen_ai.system_instructions"] = """[{"type":"text","content":"You are the support agent of a shop for garden tools. Answer in the customer's language, in at most three sentences."}]""",
                ["gen_ai.input.messages"] = """[{"role":"user","parts":[{"type":"text","content":"Hello, I ordered a pruning saw last week and it has not arrived yet. The order number is A-1042. Can you please tell me where it is?"}]},{"role":"assistant","parts":[{"type":"tool_call","id":"call_1","name":"get_order_status","arguments":{"order_id":"A-1042","include_history":true}}]},{"role":"tool","parts":[{"type":"tool_call_response","id":"call_1","response":{"order_id":"A-1042","status":"shipped","carrier":"DHL","eta":"2026-10-09","history":["ordered 2026-10-01","packed 2026-10-02","shipped 2026-10-03"]}}]}]""",
                ["gen_ai.output.messages"] = """[{"role":"assistant","parts":[{"type":"text","content":"Your order A-1042 left our warehouse on 3 October and travels with DHL; it should be with you on 9 October. You can follow it with the link that we sent by e-mail. Is there anything else that I can do for you?"}],"finish_reason":"stop"}]""",
            },
        })],
    };

    /// <summary>Spans of an application that speaks no convention of agents.</summary>
    public static OtlpRequest Plain(int spans) => new()
    {
        Resource = Resource,
        Spans = [.. Enumerable.Range(1, spans).Select(i => new OtlpSpan
        {
            SpanId = i.ToString("x16", CultureInfo.InvariantCulture),
            Name = "work",
            Attributes = Enumerable.Range(0, 20).ToDictionary(n => $"app.attribute_{n}", n => (object)new string((char)('a' + n), 80)),
        })],
    };

    private static Dictionary<string, object> Resource => new()
    {
        ["service.name"] = "support-agent",
        ["service.version"] = "2.3.0",
        ["deployment.environment.name"] = "production",
        ["telemetry.sdk.name"] = "opentelemetry",
        ["telemetry.sdk.language"] = "python",
        ["telemetry.sdk.version"] = "1.40.0",
        ["host.name"] = "node-3",
    };
}
