using System.Text.Json;
using Espalier.Contracts;
using Espalier.Contracts.Traces;
using Espalier.Core.Shared;
using Espalier.Core.Traces;
using Espalier.Core.Traces.Otlp;
using Espalier.Testing.Otlp;

namespace Espalier.Core.Tests.Traces.Otlp;

public sealed class OtlpMapperTests
{
    [Fact]
    public void Map_RecordedRunsInAnyOrderAndTwice_FoldToTheSameFacts()
    {
        var names = RecordedRequests.Names();
        Assert.SkipWhen(names.Count == 0, "There is no folder of captures; set ESPALIER_SHARED.");
        foreach (var name in names)
        {
            var bodies = RecordedRequests.Read(name).Bodies;
            var once = Facts(bodies.SelectMany(body => Mappers.Map(body).Spans));
            for (var shuffle = 0; shuffle < 5; shuffle++)
            {
                var random = new Seed(shuffle).For(name);
                var sent = random.Shuffle(bodies.Concat(bodies.Where(_ => random.Next(2) == 0)));
                Facts(random.Shuffle(sent.SelectMany(body => Mappers.Map(body).Spans))).ShouldBe(once, $"{name}, shuffle {shuffle}");
            }
        }
    }

    [Fact]
    public void Map_MutatedBodies_NeverThrowsAndRejectsByReason()
    {
        IReadOnlyList<RecordedBody> bodies = [.. RecordedRequests.Names().SelectMany(name => RecordedRequests.Read(name).Bodies).Where(body => body.Body.Length < 16_000)];
        if (bodies.Count == 0) bodies = [new RecordedBody(OtlpSignal.Traces, OtlpEncoding.Protobuf, Everything.ToProtobuf()), new RecordedBody(OtlpSignal.Traces, OtlpEncoding.Json, Everything.ToJson())];
        var random = new Seed(7).For("fuzz");
        for (var round = 0; round < 20_000; round++)
        {
            var body = bodies[random.Next(bodies.Count)];
            var bytes = OtlpMutations.Mutate(body.Body, random);
            var batch = Mappers.Default.Map((OtlpSignal)random.Next(3), body.Encoding, bytes);
            batch.Reasons.ShouldNotContain(reason => reason.StartsWith(OtlpFaults.Unreadable), $"round {round}: {Convert.ToBase64String(bytes)}");
            if (batch.MalformedReason is not null) batch.Spans.ShouldBeEmpty();
            foreach (var trace in batch.Spans.GroupBy(span => span.TraceId)) TraceFold.Of([.. trace]);
        }
    }

    [Fact]
    public void Map_ProtobufAndJsonOfTheSame_SayTheSame()
    {
        var json = Mappers.Default.Map(OtlpSignal.Traces, OtlpEncoding.Json, Everything.ToJson());
        var protobuf = Mappers.Default.Map(OtlpSignal.Traces, OtlpEncoding.Protobuf, Everything.ToProtobuf());
        json.Spans.Select(Text).ShouldBe(protobuf.Spans.Select(Text));
        json.AcceptedItems.ShouldBe(2);
    }

    [Fact]
    public void Map_OneBadSpanAmongGood_IsRejectedAndTheRestKept()
    {
        var batch = Mappers.Default.Map(OtlpSignal.Traces, OtlpEncoding.Json, """
            {"resourceSpans":[{"scopeSpans":[{"spans":[
              {"traceId":"0af7651916cd43dd8448eb211c80319c","spanId":"00f067aa0ba902b7","name":"a","startTimeUnixNano":"1","endTimeUnixNano":"2"},
              {"traceId":"00000000000000000000000000000000","spanId":"00f067aa0ba902b8","name":"b","startTimeUnixNano":1},
              {"traceId":"0af7651916cd43dd8448eb211c80319c","spanId":"xyz","name":"c","startTimeUnixNano":1},
              {"traceId":"CvdlGRbNQ92ESOshHIAxnA==","spanId":"APBnqguukCs=","name":"d","startTimeUnixNano":1,"kind":"SPAN_KIND_CLIENT"},
              7]}]}]}
            """u8.ToArray());
        batch.MalformedReason.ShouldBeNull();
        batch.Spans.Select(span => span.Name).ShouldBe(["a", "d"]);
        batch.Spans[1].TraceId.Value.ShouldBe("0af7651916cd43dd8448eb211c80319c");
        (batch.AcceptedItems, batch.RejectedItems).ShouldBe((2, 3));
        batch.Reasons.ShouldBe([OtlpFaults.NoTraceId, OtlpFaults.NoSpanId, "A span or log record is no JSON object."]);
    }

    [Theory]
    [InlineData("{")]
    [InlineData("[]")]
    [InlineData("""{"resourceSpans":[{"scopeSpans":[{"spans":[{"traceId":"0af7651916cd43dd8448eb211c80319c","spanId":"00f067aa0ba902b7","name":"a","startTimeUnixNano":"1"}]}]}]} x""")]
    [InlineData("")]
    public void Map_BrokenJson_IsMalformedAndTakesNothing(string body)
    {
        var batch = Mappers.Default.Map(OtlpSignal.Traces, OtlpEncoding.Json, System.Text.Encoding.UTF8.GetBytes(body));
        batch.MalformedReason.ShouldNotBeNull();
        batch.Spans.ShouldBeEmpty();
        batch.AcceptedItems.ShouldBe(0);
    }

    [Fact]
    public void Map_CutProtobuf_IsMalformed()
    {
        var whole = Everything.ToProtobuf();
        Mappers.Default.Map(OtlpSignal.Traces, OtlpEncoding.Protobuf, whole.AsMemory(0, whole.Length - 3)).MalformedReason.ShouldNotBeNull();
        Mappers.Default.Map(OtlpSignal.Traces, OtlpEncoding.Protobuf, whole).MalformedReason.ShouldBeNull();
    }

    [Fact]
    public void Map_EmptyRequest_IsFine()
    {
        Mappers.Default.Map(OtlpSignal.Traces, OtlpEncoding.Protobuf, Array.Empty<byte>()).MalformedReason.ShouldBeNull();
        Mappers.Default.Map(OtlpSignal.Traces, OtlpEncoding.Json, "{}"u8.ToArray()).MalformedReason.ShouldBeNull();
    }

    [Fact]
    public void Map_InvalidUtf8AndHalfSurrogates_AreReplaced()
    {
        var span = Mappers.Default.Map(OtlpSignal.Traces, OtlpEncoding.Json, """
            {"resource_spans":[{"scope_spans":[{"spans":[{"trace_id":"0AF7651916CD43DD8448EB211C80319C","span_id":"00f067aa0ba902b7","name":"a\ud800b","start_time_unix_nano":1,
            "attributes":[{"key":"gen_ai.operation.name","value":{"stringValue":"chat"}},{"key":"gen_ai.output.messages","value":{"stringValue":"[{\"role\":\"assistant\",\"parts\":[{\"type\":\"text\",\"content\":\"x\\udfff\"}]}]"}}]}]}]}]}
            """u8.ToArray()).Spans.ShouldHaveSingleItem();
        span.Name.ShouldBe("a\uFFFDb");
        span.Output.ShouldBe("x\uFFFD");
        span.TraceId.Value.ShouldBe("0af7651916cd43dd8448eb211c80319c");
    }

    [Fact]
    public void Map_ValuesNestedTooDeep_RejectsThatSpanOnly()
    {
        object deep = "bottom";
        for (var i = 0; i < OtlpLimits.Depth + 2; i++) deep = new object[] { deep };
        var request = new OtlpRequest { Spans = [new OtlpSpan { Attributes = new Dictionary<string, object> { ["deep"] = deep } }, new OtlpSpan { SpanId = "00000000000000a2" }] };
        foreach (var batch in (OtlpBatch[])[Mappers.Map(request), Mappers.Default.Map(OtlpSignal.Traces, OtlpEncoding.Json, request.ToJson())])
        {
            batch.Spans.ShouldHaveSingleItem().SpanId.Value.ShouldBe("00000000000000a2");
            batch.RejectedItems.ShouldBe(1);
            batch.Reasons.ShouldHaveSingleItem().ShouldContain("deeper");
        }
    }

    [Fact]
    public void Map_MoreItemsThanTheLimit_TakesThatManyAndCountsTheRest()
    {
        var span = new OtlpSpan();
        var request = new OtlpRequest { Spans = [.. Enumerable.Repeat(span, OtlpLimits.Items + 5)] };
        var batch = Mappers.Map(request);
        batch.AcceptedItems.ShouldBe(OtlpLimits.Items);
        batch.RejectedItems.ShouldBe(5);
        batch.Reasons.ShouldHaveSingleItem();
    }

    [Fact]
    public void Map_MetricsRequest_CountsItsPointsAndKeepsNothing()
    {
        var json = """{"resourceMetrics":[{"scopeMetrics":[{"metrics":[{"name":"a","sum":{"dataPoints":[{},{}]}},{"name":"b","histogram":{"dataPoints":[{}]}}]}]}]}"""u8.ToArray();
        var batch = Mappers.Default.Map(OtlpSignal.Metrics, OtlpEncoding.Json, json);
        (batch.AcceptedItems, batch.IgnoredItems, batch.Spans.Count).ShouldBe((3, 3, 0));
    }

    [Fact]
    public void Map_AttributesThatNobodyKnows_AreKept()
    {
        var span = Mappers.Map("work", ("acme.flag", true), ("acme.list", new object[] { "a", 2, 1.5 }), ("acme.map", new Dictionary<string, object> { ["k"] = "v" }));
        span.Kind.ShouldBe(SpanKind.Other);
        span.Attributes["acme.flag"].ShouldBe("true");
        span.Attributes["acme.list"].ShouldBe("""["a",2,1.5]""");
        span.Attributes["acme.map"].ShouldBe("""{"k":"v"}""");
        span.Agent.ShouldBe("shop");
        span.Usage.ShouldBeNull();
        span.Conversation.ShouldBeNull();
    }

    [Theory]
    [InlineData("unknown_service:node", "unknown")]
    [InlineData("shop", "shop")]
    public void Map_ServiceName_IsTheAgentUnlessMadeUp(string service, string agent) =>
        Mappers.Map(new OtlpSpan(), service: service).Agent.ShouldBe(agent);

    [Fact]
    public void Map_AgentToldOnPurpose_CountsBeforeTheService()
    {
        Mappers.Map("a", ("espalier.agent", "triage")).Agent.ShouldBe("triage");
        Mappers.Map(new OtlpSpan { Attributes = new Dictionary<string, object> { ["gen_ai.operation.name"] = "invoke_agent", ["gen_ai.agent.name"] = "helper" } }, service: "unknown_service").Agent.ShouldBe("helper");
    }

    private static OtlpRequest Everything { get; } = new()
    {
        Resource = new Dictionary<string, object> { ["service.name"] = "shop", ["service.version"] = "1.2", ["deployment.environment.name"] = "staging", ["host.name"] = "h" },
        Spans =
        [
            new OtlpSpan { Name = "invoke_agent triage", Attributes = new Dictionary<string, object> { ["gen_ai.operation.name"] = "invoke_agent", ["gen_ai.agent.name"] = "triage", ["session.id"] = "s", ["user.id"] = "u" }, Status = 2, StatusMessage = "no é 🚚" },
            new OtlpSpan
            {
                SpanId = "00000000000000a2", ParentId = "00000000000000a1", Name = "chat",
                Attributes = new Dictionary<string, object>
                {
                    ["gen_ai.operation.name"] = "chat", ["gen_ai.request.model"] = "gpt-5-mini", ["gen_ai.usage.input_tokens"] = 10, ["gen_ai.usage.output_tokens"] = 5L,
                    ["gen_ai.response.finish_reasons"] = new object[] { "stop" }, ["gen_ai.request.temperature"] = 0.5, ["gen_ai.request.stream"] = true,
                    ["gen_ai.input.messages"] = new object[] { new Dictionary<string, object> { ["role"] = "user", ["parts"] = new object[] { new Dictionary<string, object> { ["type"] = "text", ["content"] = "hi \"there\"\n" } } } },
                    ["gen_ai.output.messages"] = """[{"role":"assistant","parts":[{"type":"text","content":"ho"}]}]""",
                },
                Events = [("gen_ai.evaluation.result", new Dictionary<string, object> { ["gen_ai.evaluation.name"] = "thumbs", ["gen_ai.evaluation.score.value"] = 1.0 }), ("other", new Dictionary<string, object> { ["x"] = 1 })],
            },
        ],
    };

    private static IReadOnlyList<string> Facts(IEnumerable<Span> spans) =>
        [.. spans.GroupBy(span => span.TraceId).Select(trace => TraceFold.Of([.. trace])).Select(facts => JsonSerializer.Serialize(facts, ContractsJson.Default.TraceFacts)).Order(StringComparer.Ordinal)];

    private static string Text(Span span) => JsonSerializer.Serialize(span with { Attributes = span.Attributes.OrderBy(pair => pair.Key, StringComparer.Ordinal).ToDictionary() }, ContractsJson.Default.Span);
}
