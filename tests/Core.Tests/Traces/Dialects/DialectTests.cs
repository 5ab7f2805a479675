using System.Text.Json;
using Espalier.Contracts.Shared;
using Espalier.Contracts.Traces;
using Espalier.Core.Tests.Traces.Otlp;
using Espalier.Core.Traces;
using Espalier.Testing.Otlp;

namespace Espalier.Core.Tests.Traces.Dialects;

/// <summary>Each convention's own words for the same facts, written by hand from its documentation.</summary>
public sealed class DialectTests
{
    [Theory]
    [InlineData("langfuse.observation.type", "generation", SpanKind.Model)]
    [InlineData("langfuse.observation.type", "span", SpanKind.Chain)]
    [InlineData("langfuse.observation.type", "retriever", SpanKind.Retrieval)]
    [InlineData("langfuse.observation.type", "evaluator", SpanKind.Evaluator)]
    [InlineData("openinference.span.kind", "LLM", SpanKind.Model)]
    [InlineData("openinference.span.kind", "RERANKER", SpanKind.Rerank)]
    [InlineData("openinference.span.kind", "PROMPT", SpanKind.Prompt)]
    [InlineData("openinference.span.kind", "GUARDRAIL", SpanKind.Guardrail)]
    [InlineData("mlflow.spanType", "\"CHAT_MODEL\"", SpanKind.Model)]
    [InlineData("mlflow.spanType", "\"MEMORY\"", SpanKind.Memory)]
    [InlineData("mlflow.spanType", "\"PARSER\"", SpanKind.Chain)]
    [InlineData("mastra.span.type", "agent_run", SpanKind.Agent)]
    [InlineData("mastra.span.type", "model_generation", SpanKind.ModelAggregate)]
    [InlineData("mastra.span.type", "model_step", SpanKind.Model)]
    [InlineData("mastra.span.type", "model_chunk", SpanKind.Chunk)]
    [InlineData("mastra.span.type", "tool_call", SpanKind.Tool)]
    [InlineData("lmnr.span.type", "LLM", SpanKind.Model)]
    [InlineData("lmnr.span.type", "DEFAULT", SpanKind.Chain)]
    [InlineData("traceloop.span.kind", "workflow", SpanKind.Chain)]
    [InlineData("traceloop.span.kind", "agent", SpanKind.Agent)]
    [InlineData("traceloop.span.kind", "tool", SpanKind.Tool)]
    [InlineData("genkit:metadata:subtype", "model", SpanKind.Model)]
    [InlineData("genkit:metadata:subtype", "tool.v2", SpanKind.Tool)]
    [InlineData("genkit:metadata:subtype", "retriever", SpanKind.Retrieval)]
    [InlineData("genkit:metadata:subtype", "embedder", SpanKind.Embedding)]
    [InlineData("genkit:type", "util", SpanKind.Chain)]
    [InlineData("ai.operationId", "ai.streamText.doStream", SpanKind.Model)]
    [InlineData("ai.operationId", "ai.embedMany.doEmbed", SpanKind.Embedding)]
    [InlineData("ai.operationId", "ai.generateObject", SpanKind.Agent)]
    [InlineData("operation.name", "ai.toolCall my-function", SpanKind.Tool)]
    [InlineData("gen_ai.operation.name", "chat", SpanKind.Model)]
    [InlineData("gen_ai.operation.name", "completion", SpanKind.Model)]
    [InlineData("gen_ai.operation.name", "generate_content", SpanKind.Model)]
    [InlineData("gen_ai.operation.name", "invoke_workflow", SpanKind.Chain)]
    [InlineData("gen_ai.operation.name", "retrieval", SpanKind.Retrieval)]
    [InlineData("gen_ai.operation.name", "agent_step", SpanKind.Chain)]
    [InlineData("mcp.method.name", "tools/call", SpanKind.Tool)]
    [InlineData("mcp.method.name", "prompts/get", SpanKind.Prompt)]
    [InlineData("mcp.method.name", "resources/read", SpanKind.Other)]
    [InlineData("llm.request.type", "chat", SpanKind.Model)]
    public void Kind_AsTheConventionSays_IsTaken(string key, string value, SpanKind kind) => Mappers.Map("x", (key, value)).Kind.ShouldBe(kind);

    [Fact]
    public void Kind_OfSeveralConventions_IsThatOfTheFirstInOrder()
    {
        var span = Mappers.Map("x", ("gen_ai.operation.name", "chat"), ("openinference.span.kind", "CHAIN"), ("langfuse.observation.type", "tool"));
        span.Kind.ShouldBe(SpanKind.Tool);
        span.Details!.Dialects.ShouldBe(["langfuse", "openinference", "gen_ai"]);
    }

    [Fact]
    public void Kind_OfAModelWithUsageAndNoOtherSign_IsModel()
    {
        Mappers.Map("x", ("gen_ai.request.model", "m"), ("gen_ai.usage.input_tokens", 3)).Kind.ShouldBe(SpanKind.Model);
        Mappers.Map("x", ("gen_ai.request.model", "m")).Kind.ShouldBe(SpanKind.Other);
        Mappers.Map("query", ("db.system.name", "pinecone"), ("db.operation.name", "query")).Kind.ShouldBe(SpanKind.Retrieval);
        Mappers.Map("query", ("db.system.name", "postgresql"), ("db.operation.name", "query")).Kind.ShouldBe(SpanKind.Other);
    }

    [Fact]
    public void GenAi_New_IsReadWhole()
    {
        var span = Mappers.Map(
            "chat gpt-5",
            ("gen_ai.operation.name", "chat"), ("gen_ai.provider.name", "openai"), ("gen_ai.request.model", "gpt-5"), ("gen_ai.response.model", "gpt-5-1"),
            ("gen_ai.response.id", "r1"), ("gen_ai.conversation.id", "c1"), ("user.id", "u1"), ("gen_ai.usage.input_tokens", 100), ("gen_ai.usage.output_tokens", 50),
            ("gen_ai.usage.cache_read.input_tokens", 30), ("gen_ai.usage.cache_creation.input_tokens", 20), ("gen_ai.usage.reasoning.output_tokens", 10),
            ("gen_ai.response.time_to_first_chunk", 0.25), ("gen_ai.response.finish_reasons", new object[] { "tool_calls" }), ("gen_ai.agent.name", "triage"), ("gen_ai.agent.version", "7"),
            ("gen_ai.system_instructions", """[{"type":"text","content":"be kind"}]"""),
            ("gen_ai.input.messages", new object[] { new Dictionary<string, object> { ["role"] = "user", ["parts"] = new object[] { new Dictionary<string, object> { ["type"] = "text", ["content"] = "hi" } } } }),
            ("gen_ai.output.messages", """[{"role":"assistant","parts":[{"type":"reasoning","content":"hm"},{"type":"text","content":"ho"},{"type":"tool_call","id":"t1","name":"look","arguments":{"a":1}}],"finish_reason":"tool_call"}]"""),
            ("gen_ai.tool.definitions", """[{"name":"look"}]"""));
        span.Usage.ShouldBe(new TokenUsage { InputUncached = 50, CacheRead = 30, CacheWrite = 20, OutputText = 40, OutputReasoning = 10 });
        (span.Provider, span.ModelRequested, span.Model, span.Conversation, span.User).ShouldBe(("openai", "gpt-5", "gpt-5-1", "c1", "u1"));
        span.Input.ShouldBe("""[{"role":"system","parts":[{"type":"text","content":"be kind"}]},{"role":"user","parts":[{"type":"text","content":"hi"}]}]""");
        span.Output.ShouldBe("ho");
        var details = span.Details!;
        details.Thinking.ShouldBe("hm");
        details.RequestedTools.ShouldHaveSingleItem().ShouldBe(new RequestedTool { Id = "t1", Name = "look", Arguments = """{"a":1}""" });
        details.TimeToFirstToken.ShouldBe(TimeSpan.FromMilliseconds(250));
        details.FinishReasons.ShouldBe(["tool_calls"]);
        (details.ResponseId, details.AgentName, details.AgentVersion, details.Streaming).ShouldBe(("r1", "triage", "7", true));
        span.Attributes.Keys.ShouldBe(["otel.scope.name"]);
    }

    [Fact]
    public void GenAi_MessagesAsEvents_AreReadIntoTheSpan()
    {
        var span = Mappers.Map(new OtlpSpan
        {
            Name = "chat",
            Attributes = new Dictionary<string, object> { ["gen_ai.operation.name"] = "chat", ["gen_ai.system"] = "az.ai.openai" },
            Events =
            [
                ("gen_ai.system.message", new Dictionary<string, object> { ["content"] = "be kind" }),
                ("gen_ai.user.message", new Dictionary<string, object> { ["gen_ai.event.content"] = """{"content":"hi"}""" }),
                ("gen_ai.choice", new Dictionary<string, object> { ["index"] = 0, ["finish_reason"] = "stop", ["message"] = """{"content":"ho","tool_calls":[{"id":"t1","type":"function","function":{"name":"look","arguments":"{}"}}]}""" }),
            ],
        });
        span.Provider.ShouldBe("azure.ai.openai");
        span.Input.ShouldBe("""[{"role":"system","parts":[{"type":"text","content":"be kind"}]},{"role":"user","parts":[{"type":"text","content":"hi"}]}]""");
        span.Output.ShouldBe("ho");
        span.Details!.FinishReasons.ShouldBe(["stop"]);
        span.Details.RequestedTools.ShouldHaveSingleItem().Id.ShouldBe("t1");
        span.Attributes.Keys.ShouldNotContain("otel.events");
    }

    [Fact]
    public void GenAi_Old_IndexedPromptAndPromptTokens()
    {
        var span = Mappers.Map(
            "openai.chat",
            ("llm.request.type", "chat"), ("gen_ai.system", "OpenAI"), ("gen_ai.prompt.0.role", "user"), ("gen_ai.prompt.0.content", "hi"), ("gen_ai.prompt.1.role", "assistant"),
            ("gen_ai.prompt.1.content", "null"), ("gen_ai.prompt.1.tool_calls.0.name", "look"), ("gen_ai.prompt.1.tool_calls.0.arguments", """{"a":1}"""),
            ("gen_ai.completion.0.role", "assistant"), ("gen_ai.completion.0.content", "ho"), ("gen_ai.completion.0.finish_reason", "stop"),
            ("gen_ai.usage.prompt_tokens", 12), ("gen_ai.usage.completion_tokens", 3));
        span.Input.ShouldBe("""[{"role":"user","parts":[{"type":"text","content":"hi"}]},{"role":"assistant","parts":[{"type":"tool_call","name":"look","arguments":{"a":1}}]}]""");
        (span.Output, span.Provider, span.Usage!.InputTotal(), span.Usage.OutputTotal()).ShouldBe(("ho", "openai", 12, 3));
        span.Usage.CacheRead.ShouldBeNull();
        span.Details!.FinishReasons.ShouldBe(["stop"]);
    }

    [Fact]
    public void GenAi_UsageThatExcludesTheCache_IsTakenAsSuchAndSaidSo()
    {
        var span = Mappers.Map("chat", ("gen_ai.operation.name", "chat"), ("gen_ai.usage.input_tokens", 10), ("gen_ai.usage.cache_read_input_tokens", 500), ("gen_ai.usage.output_tokens", 1));
        span.Usage!.InputTotal().ShouldBe(510);
        span.Details!.Oddities.ShouldHaveSingleItem().ShouldContain("not included");
    }

    [Fact]
    public void Langfuse_ExclusiveBuckets_AreAddedUp()
    {
        var span = Mappers.Map(
            "answer",
            ("langfuse.observation.type", "generation"), ("langfuse.observation.model.name", "claude-x"), ("langfuse.observation.output", "\"ho\""),
            ("langfuse.observation.usage_details", """{"input":10,"output":4,"input_cached_tokens":30,"input_cache_creation":5,"output_reasoning_tokens":6,"total":55}"""),
            ("langfuse.observation.cost_details", """{"input":0.001,"output":0.002}"""), ("langfuse.observation.level", "WARNING"));
        span.Usage.ShouldBe(new TokenUsage { InputUncached = 10, CacheRead = 30, CacheWrite = 5, OutputText = 4, OutputReasoning = 6 });
        span.Cost.ShouldBe(Usd.FromDollars(0.003m));
        span.CostReason.ShouldBe("reported by the client");
        (span.Output, span.Model, span.Error).ShouldBe(("ho", "claude-x", null));
        span.Attributes["langfuse.observation.level"].ShouldBe("WARNING");
    }

    [Fact]
    public void Langfuse_CountsThatIncludeEachOther_AreKnownByTheirTotal()
    {
        var span = Mappers.Map("answer", ("langfuse.observation.type", "generation"), ("langfuse.observation.usage_details", """{"input":40,"output":10,"input_cached_tokens":30,"total":50}"""));
        span.Usage.ShouldBe(new TokenUsage { InputUncached = 10, CacheRead = 30, OutputText = 10 });
    }

    [Fact]
    public void OpenInference_LangChainSpans_AreReadThroughTheirSerialization()
    {
        var model = Mappers.Map(
            "ChatOpenAI",
            ("openinference.span.kind", "LLM"), ("llm.model_name", "gpt-5-mini"), ("llm.invocation_parameters", """{"model":"gpt-5-mini","stream":false}"""), ("metadata", """{"thread_id":"th-1","ls_provider":"openai"}"""),
            ("llm.output_messages.0.message.role", "assistant"), ("llm.output_messages.0.message.tool_calls.0.tool_call.function.name", "look"), ("llm.output_messages.0.message.tool_calls.0.tool_call.function.arguments", """{"a":1}"""),
            ("output.value", """{"generations":[[{"text":"","message":{"lc":1,"type":"constructor","id":["langchain_core","messages","AIMessage"],"kwargs":{"content":"","id":"chatcmpl-9","tool_calls":[{"name":"look","args":{"a":1},"id":"call_1"}],"usage_metadata":{"input_tokens":20,"output_tokens":5,"input_token_details":{"cache_read":8}},"response_metadata":{"model_name":"gpt-5-mini-2026","finish_reason":"tool_calls"}}}}]]}"""));
        (model.Conversation, model.ModelRequested, model.Model).ShouldBe(("th-1", "gpt-5-mini", "gpt-5-mini-2026"));
        model.Usage.ShouldBe(new TokenUsage { InputUncached = 12, CacheRead = 8, OutputText = 5 });
        model.Details!.ResponseId.ShouldBe("chatcmpl-9");
        model.Details.RequestedTools.ShouldHaveSingleItem().Id.ShouldBe("call_1");
        model.Details.FinishReasons.ShouldBe(["tool_calls"]);
        model.Output.ShouldBeNull();

        var tool = Mappers.Map("look", ("openinference.span.kind", "TOOL"), ("tool.name", "look"), ("input.value", """{"a":1}"""), ("output.value", """{"output":{"lc":1,"type":"constructor","id":["langchain_core","messages","ToolMessage"],"kwargs":{"content":"{\"b\":2}","tool_call_id":"call_1","name":"look"}}}"""));
        (tool.Input, tool.Output, tool.Details!.ToolCallId, tool.Details.Tool).ShouldBe(("""{"a":1}""", """{"b":2}""", "call_1", "look"));

        var search = Mappers.Map("retriever", ("openinference.span.kind", "RETRIEVER"), ("input.value", "refunds?"), ("retrieval.documents.1.document.content", "two"), ("retrieval.documents.0.document.content", "one"), ("retrieval.documents.0.document.metadata", """{"id":"doc-1","score":0.5}"""));
        search.Input.ShouldBe("refunds?");
        search.Details!.Documents!.Select(document => (document.Id, document.Score, document.Content)).ShouldBe([("doc-1", 0.5, "one"), (null, null, "two")]);
    }

    [Fact]
    public void OpenInference_Annotations_BecomeFeedback()
    {
        var batch = Mappers.Map(new OtlpRequest
        {
            Spans = [new OtlpSpan { Attributes = new Dictionary<string, object>
            {
                ["openinference.span.kind"] = "CHAIN", ["session.id"] = "s1",
                ["annotations.0.annotation.name"] = "helpful", ["annotations.0.annotation.label"] = "yes", ["annotations.0.annotation.score"] = 1.0, ["annotations.0.annotation.annotator_kind"] = "HUMAN",
                ["trace.annotations.0.annotation.name"] = "done", ["trace.annotations.0.annotation.score"] = 0.5,
                ["session.evaluations.0.evaluation.name"] = "csat", ["session.evaluations.0.evaluation.label"] = "good", ["session.evaluations.0.evaluation.identifier"] = "judge-1",
            } }],
        });
        batch.Feedback.Select(one => (one.TraceId is null, one.SpanId?.Value, one.Conversation, one.Name, one.Source, one.Label, one.Value)).ShouldBe(
        [
            (false, "00000000000000a1", null, "helpful", "human", "yes", 1.0),
            (false, null, null, "done", "system", null, 0.5),
            (true, null, "s1", "csat", "judge-1", "good", null),
        ], ignoreOrder: true);
        batch.Spans.ShouldHaveSingleItem().Attributes.Keys.ShouldBe(["otel.scope.name"]);
    }

    [Fact]
    public void OpenInference_ToolCallInBothLists_IsOne()
    {
        var span = Mappers.Map(
            "Messages", ("openinference.span.kind", "LLM"), ("llm.output_messages.0.message.role", "assistant"),
            ("llm.output_messages.0.message.contents.0.message_content.type", "text"), ("llm.output_messages.0.message.contents.0.message_content.text", "wait"),
            ("llm.output_messages.0.message.contents.1.message_content.type", "tool_use"), ("llm.output_messages.0.message.contents.1.tool_call.id", "t1"), ("llm.output_messages.0.message.contents.1.tool_call.function.name", "look"),
            ("llm.output_messages.0.message.tool_calls.0.tool_call.id", "t1"), ("llm.output_messages.0.message.tool_calls.0.tool_call.function.name", "look"));
        span.Output.ShouldBe("wait");
        span.Details!.RequestedTools.ShouldHaveSingleItem().Id.ShouldBe("t1");
    }

    [Fact]
    public void Mlflow_QuotedValues_AreRead()
    {
        var span = Mappers.Map(
            "chat", ("mlflow.spanType", "\"CHAT_MODEL\""), ("mlflow.trace.session", "\"s1\""), ("mlflow.trace.user", "u1"), ("mlflow.llm.model", "\"gpt-5\""), ("mlflow.chat.tokenUsage", """{"input_tokens":10,"output_tokens":4,"total_tokens":14}"""),
            ("mlflow.spanInputs", """{"messages":[{"role":"user","content":"hi"}],"model":"gpt-5"}"""), ("mlflow.spanOutputs", """{"id":"r1","choices":[{"message":{"role":"assistant","content":"ho"},"finish_reason":"stop"}]}"""));
        (span.Kind, span.Conversation, span.User, span.ModelRequested, span.Output).ShouldBe((SpanKind.Model, "s1", "u1", "gpt-5", "ho"));
        span.Input.ShouldBe("""[{"role":"user","parts":[{"type":"text","content":"hi"}]}]""");
        (span.Usage!.InputTotal(), span.Usage.OutputTotal(), span.Details!.ResponseId).ShouldBe((10, 4, "r1"));
    }

    [Fact]
    public void Mastra_UsageOnTheAggregate_IsCountedOnceAndItsStepsAreTheCalls()
    {
        OtlpSpan New(string id, string? parent, string type, params (string Key, object Value)[] more) => new()
        {
            SpanId = id.PadLeft(16, '0'),
            ParentId = parent?.PadLeft(16, '0'),
            Name = type,
            Attributes = more.Append(("mastra.span.type", (object)type)).ToDictionary(one => one.Item1, one => one.Item2),
        };
        var spans = Mappers.Map(new OtlpRequest
        {
            Spans =
            [
                New("1", null, "agent_run", ("gen_ai.agent.name", "triage"), ("mastra.agent_run.input", """[{"role":"user","content":"where is it?"}]"""), ("mastra.agent_run.output", """{"text":"here","files":[]}"""), ("mastra.metadata.userId", "u1"), ("gen_ai.conversation.id", "th-1")),
                New("2", "1", "model_generation", ("gen_ai.operation.name", "chat"), ("gen_ai.request.model", "gpt-5"), ("gen_ai.usage.input_tokens", 30), ("gen_ai.usage.output_tokens", 9)),
                New("3", "2", "model_step", ("mastra.model_step.input", """[{"role":"user","parts":[{"text":"where is it?"}]}]"""), ("mastra.model_step.output", """{"text":"","toolCalls":[{"toolCallId":"t1","toolName":"look","args":{"a":1}}]}""")),
                New("4", "3", "model_chunk"),
                New("5", "2", "tool_call", ("gen_ai.tool.name", "look"), ("gen_ai.tool.call.arguments", """{"a":1}"""), ("gen_ai.tool.call.result", """{"b":2}""")),
                New("6", "2", "model_step", ("mastra.model_step.output", """{"text":"here"}""")),
            ],
        }).Spans;
        var facts = TraceFold.Of(spans);
        facts.ModelCalls.Select(call => (call.SpanId.Value[^1], call.Output, call.ModelRequested)).ShouldBe([('3', null, "gpt-5"), ('6', "here", "gpt-5")], ignoreOrder: true);
        facts.ModelCalls.Single(call => call.SpanId.Value[^1] == '3').RequestedTools.ShouldHaveSingleItem().Arguments.ShouldBe("""{"a":1}""");
        (facts.Usage.InputTotal(), facts.Usage.OutputTotal(), facts.IsUsageComplete).ShouldBe((30, 9, true));
        (facts.Input, facts.Output, facts.Conversation, facts.User).ShouldBe(("where is it?", "here", "th-1", "u1"));
        facts.ToolCalls.ShouldHaveSingleItem().CallId.ShouldBe("t1");
        facts.Agents.ShouldHaveSingleItem().Name.ShouldBe("triage");
    }

    [Fact]
    public void Laminar_ValuesAndOwner_AreRead()
    {
        var span = Mappers.Map("handle", ("lmnr.span.type", "DEFAULT"), ("lmnr.span.input", """["where is it?"]"""), ("lmnr.span.output", "\"here\""), ("lmnr.association.properties.session_id", "s1"), ("lmnr.association.properties.user_id", "u1"));
        (span.Kind, span.Input, span.Output, span.Conversation, span.User).ShouldBe((SpanKind.Chain, "where is it?", "here", "s1", "u1"));
        var tool = Mappers.Map("look", ("lmnr.span.type", "TOOL"), ("lmnr.span.input", """{"a":1}"""), ("lmnr.span.output", """{"b":2}"""));
        (tool.Input, tool.Output, tool.Details!.Tool).ShouldBe(("""{"a":1}""", """{"b":2}""", "look"));
    }

    [Fact]
    public void Genkit_ModelSpan_AddsThoughtsToTheOutput()
    {
        var span = Mappers.Map(
            "googleai/gemini-2.5-flash", ("genkit:type", "action"), ("genkit:metadata:subtype", "model"), ("genkit:name", "googleai/gemini-2.5-flash"), ("genkit:state", "success"),
            ("genkit:input", """{"messages":[{"role":"system","content":[{"text":"be kind"}]},{"role":"user","content":[{"text":"hi"}]}],"tools":[{"name":"look"}]}"""),
            ("genkit:output", """{"message":{"role":"model","content":[{"reasoning":"hm"},{"text":"ho"},{"toolRequest":{"name":"look","ref":"t1","input":{"a":1}}}]},"finishReason":"stop","usage":{"inputTokens":20,"outputTokens":5,"thoughtsTokens":7,"cachedContentTokens":4}}"""));
        span.Usage.ShouldBe(new TokenUsage { InputUncached = 16, CacheRead = 4, OutputText = 5, OutputReasoning = 7 });
        (span.Provider, span.ModelRequested, span.Output, span.Details!.Thinking).ShouldBe(("gcp.gemini", "gemini-2.5-flash", "ho", "hm"));
        span.Details.RequestedTools.ShouldHaveSingleItem().ShouldBe(new RequestedTool { Id = "t1", Name = "look", Arguments = """{"a":1}""" });
        span.Details.FinishReasons.ShouldBe(["stop"]);
        var search = Mappers.Map("docs", ("genkit:metadata:subtype", "retriever"), ("genkit:name", "docs"), ("genkit:input", """{"query":{"content":[{"text":"refunds?"}]}}"""), ("genkit:output", """{"documents":[{"content":[{"text":"one"}],"metadata":{"id":"d1"}}]}"""));
        search.Input.ShouldBe("refunds?");
        search.Details!.Documents.ShouldHaveSingleItem().ShouldBe(new RetrievedDocument { Id = "d1", Content = "one" });
    }

    [Fact]
    public void GoogleAdk_Thoughts_AreInTheOutputAndTold()
    {
        var span = Mappers.Map(
            "call_llm", ("gen_ai.system", "gcp.vertex.agent"), ("gen_ai.request.model", "gemini-2.5-flash"), ("gen_ai.usage.input_tokens", 20), ("gen_ai.usage.output_tokens", 5), ("gcp.vertex.agent.session_id", "s1"),
            ("gcp.vertex.agent.llm_request", """{"model":"gemini-2.5-flash","contents":[{"role":"user","parts":[{"text":"hi"}]}],"config":{"systemInstruction":"be kind","temperature":0.1,"tools":[{"name":"look"}]}}"""),
            ("gcp.vertex.agent.llm_response", """{"avgLogprobs":-0.5,"content":{"role":"model","parts":[{"text":"hm","thought":true},{"text":"ho"}]},"usageMetadata":{"promptTokenCount":20,"candidatesTokenCount":5,"thoughtsTokenCount":7,"cachedContentTokenCount":4},"finishReason":"STOP"}"""));
        span.Usage.ShouldBe(new TokenUsage { InputUncached = 16, CacheRead = 4, OutputText = 5, OutputReasoning = 7 });
        (span.Output, span.Details!.Thinking, span.Conversation, span.Details.ToolDefinitions).ShouldBe(("ho", "hm", "s1", """[{"name":"look"}]"""));
        span.Attributes["gcp.vertex.agent.llm_request"].ShouldBe("""{"config":{"temperature":0.1}}""");
        span.Attributes["gcp.vertex.agent.llm_response"].ShouldBe("""{"avgLogprobs":-0.5}""");
        span.Input.ShouldBe("""[{"role":"system","parts":[{"type":"text","content":"be kind"}]},{"role":"user","parts":[{"type":"text","content":"hi"}]}]""");
    }

    [Fact]
    public void VercelAi_AnthropicBeforeSix_AddsTheCacheToTheInput()
    {
        var span = Mappers.Map(
            "ai.generateText.doGenerate", ("ai.operationId", "ai.generateText.doGenerate"), ("ai.model.provider", "anthropic.messages"), ("ai.model.id", "claude-x"), ("gen_ai.system", "anthropic.messages"),
            ("ai.usage.inputTokens", 10), ("ai.usage.outputTokens", 4), ("ai.usage.cachedInputTokens", 30), ("gen_ai.usage.input_tokens", 10), ("ai.response.text", "ho"),
            ("ai.response.providerMetadata", """{"anthropic":{"cacheCreationInputTokens":5,"usage":{"input_tokens":10,"cache_read_input_tokens":30}}}"""));
        span.Usage.ShouldBe(new TokenUsage { InputUncached = 10, CacheRead = 30, CacheWrite = 5, OutputText = 4 });
        (span.Provider, span.Output, span.Details!.Streaming).ShouldBe(("anthropic", "ho", false));
    }

    [Fact]
    public void Mcp_CallWithinTheFrameworksToolSpan_IsOneExecution()
    {
        var facts = TraceFold.Of(Mappers.Map(new OtlpRequest
        {
            Spans =
            [
                new OtlpSpan { Attributes = new Dictionary<string, object> { ["gen_ai.operation.name"] = "execute_tool", ["gen_ai.tool.name"] = "look", ["gen_ai.tool.call.id"] = "t1" } },
                new OtlpSpan { SpanId = "00000000000000a2", ParentId = "00000000000000a1", Attributes = new Dictionary<string, object> { ["mcp.method.name"] = "tools/call", ["gen_ai.tool.name"] = "look", ["mcp.session.id"] = "m1" } },
            ],
        }).Spans);
        facts.ToolCalls.ShouldHaveSingleItem().CallId.ShouldBe("t1");
        facts.Conversation.ShouldBeNull();
    }

    [Theory]
    [InlineData("transfer_to_billing", "{}", "billing")]
    [InlineData("transfer_to_agent", """{"agent_name":"billing"}""", "billing")]
    public void TransferTool_IsAHandoff(string tool, string arguments, string to)
    {
        var span = Mappers.Map("x", ("gen_ai.operation.name", "execute_tool"), ("gen_ai.tool.name", tool), ("gen_ai.tool.call.arguments", arguments));
        span.Kind.ShouldBe(SpanKind.Handoff);
        span.Details!.Handoff!.To.ShouldBe(to);
    }

    [Fact]
    public void CutJson_IsClosedAndNotedAndKept()
    {
        const string cut = """[{"role":"user","parts":[{"type":"text","content":"where is my ord""";
        var span = Mappers.Map("chat", ("gen_ai.operation.name", "chat"), ("gen_ai.input.messages", cut));
        span.Input.ShouldBe("""[{"role":"user","parts":[{"type":"text","content":"where is my ord"}]}]""");
        span.Details!.Oddities.ShouldHaveSingleItem().ShouldBe("input: its JSON was cut");
        span.Attributes["gen_ai.input.messages"].ShouldBe(cut);
    }

    [Fact]
    public void Evaluation_WithAnAnswersId_IsOfThatAnswer()
    {
        var batch = Mappers.Default.Map(Core.Traces.Otlp.OtlpSignal.Logs, Core.Traces.Otlp.OtlpEncoding.Json, """
            {"resourceLogs":[{"scopeLogs":[{"logRecords":[
              {"eventName":"gen_ai.evaluation.result","timeUnixNano":"1790000000000000000","attributes":[{"key":"gen_ai.evaluation.name","value":{"stringValue":"relevance"}},{"key":"gen_ai.evaluation.score.value","value":{"doubleValue":0.8}},{"key":"gen_ai.evaluation.explanation","value":{"stringValue":"good"}},{"key":"gen_ai.response.id","value":{"stringValue":"r1"}}]},
              {"body":{"stringValue":"plain log"},"timeUnixNano":"1"},
              {"eventName":"gen_ai.user.message","body":{"stringValue":"lost"},"timeUnixNano":"1"}]}]}]}
            """u8.ToArray());
        var feedback = batch.Feedback.ShouldHaveSingleItem();
        (feedback.ResponseId, feedback.TraceId, feedback.Name, feedback.Value, feedback.Comment).ShouldBe(("r1", null, "relevance", 0.8, "good"));
        (batch.AcceptedItems, batch.IgnoredItems, batch.RejectedItems, batch.Spans.Count).ShouldBe((2, 1, 1, 0));
    }

    [Fact]
    public void LogRecordsOnThePathOfTraces_AreReadAsRecords()
    {
        var names = RecordedRequests.Names();
        Assert.SkipWhen(names.Count == 0, "There is no folder of captures; set ESPALIER_SHARED.");
        var logs = names.SelectMany(name => RecordedRequests.Read(name).Bodies).Where(body => body.Signal == Core.Traces.Otlp.OtlpSignal.Logs).ToList();
        logs.ShouldNotBeEmpty();
        foreach (var body in logs)
        {
            var right = Mappers.Map(body);
            var wrong = Mappers.Default.Map(Core.Traces.Otlp.OtlpSignal.Traces, body.Encoding, body.Body);
            wrong.Spans.Select(span => span.SpanId).ShouldBe(right.Spans.Select(span => span.SpanId));
            wrong.RejectedItems.ShouldBe(0);
        }
    }

    [Fact]
    public void Cost_NotToldByTheClient_ComesFromTheTable()
    {
        var mapper = new Core.Traces.Otlp.OtlpMapper([new Core.Traces.Dialects.GenAi.GenAiDialect(), new Core.Traces.Dialects.General.GeneralDialect()], new TwoDollars());
        Span Map(params (string Key, object Value)[] attributes) => mapper.Map(Core.Traces.Otlp.OtlpSignal.Traces, Core.Traces.Otlp.OtlpEncoding.Json, new OtlpRequest { Spans = [new OtlpSpan { Attributes = attributes.ToDictionary(one => one.Key, one => one.Value) }] }.ToJson()).Spans[0];
        var priced = Map(("gen_ai.operation.name", "chat"), ("gen_ai.request.model", "m"), ("gen_ai.usage.input_tokens", 1));
        (priced.Cost, priced.PriceTable, priced.CostReason).ShouldBe((Usd.FromDollars(2), "t1", null));
        var told = Map(("gen_ai.operation.name", "chat"), ("gen_ai.request.model", "m"), ("gen_ai.usage.input_tokens", 1), ("gen_ai.usage.cost", 0.5));
        (told.Cost, told.PriceTable, told.CostReason).ShouldBe((Usd.FromDollars(0.5m), null, "reported by the client"));
        var zero = Map(("gen_ai.operation.name", "chat"), ("gen_ai.request.model", "m"), ("gen_ai.usage.input_tokens", 1), ("gen_ai.usage.cost", 0.0));
        (zero.Cost, zero.PriceTable).ShouldBe((Usd.FromDollars(2), "t1"));
        var unknown = Map(("gen_ai.operation.name", "chat"), ("gen_ai.request.model", "m"));
        (unknown.Cost, unknown.CostReason).ShouldBe((null, "the client reported no usage"));
        Map(("gen_ai.operation.name", "invoke_agent"), ("gen_ai.usage.input_tokens", 1)).Cost.ShouldBeNull();
    }

    private sealed class TwoDollars : IPricing
    {
        public CallPrice Price(string? provider, string model, TokenUsage usage, DateTimeOffset at) => new(Usd.FromDollars(2), null, "t1");
    }
}
