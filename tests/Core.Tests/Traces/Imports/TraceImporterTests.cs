using System.Buffers.Binary;
using System.Text;
using System.Text.Json;
using Espalier.Contracts;
using Espalier.Contracts.Agents;
using Espalier.Contracts.Shared;
using Espalier.Contracts.Traces;
using Espalier.Core.Shared;
using Espalier.Core.Traces;
using Espalier.Testing;
using FsCheck;
using FsCheck.Fluent;

namespace Espalier.Core.Tests.Traces.Imports;

public sealed class TraceImporterTests
{
    private const string Otlp = """
        {"resourceSpans":[{"resource":{"attributes":[{"key":"service.name","value":{"stringValue":"desk"}}]},"scopeSpans":[{"spans":[
          {"traceId":"0123456789abcdef0123456789abcdef","spanId":"0123456789abcdef","name":"chat","startTimeUnixNano":"1767261600000000000","endTimeUnixNano":"1767261601000000000",
           "attributes":[{"key":"gen_ai.operation.name","value":{"stringValue":"chat"}},{"key":"gen_ai.request.model","value":{"stringValue":"gpt-4o"}}]}]}]}]}
        """;

    private const string Line = """
        {"id":"r1","agent":"desk","start":"2026-03-01T10:00:00Z","duration_ms":1200,"conversation":"c1","user":7,"version":"v2","tags":["a"],"input":"charged twice","output":"refund",
         "attributes":{"k":1},
         "spans":[{"id":"a","kind":"chain","name":"plan","start":"2026-03-01T10:00:00.100Z","end":"2026-03-01T10:00:00.200Z"},
                  {"id":"b","parent":"a","kind":"model","model":"gpt-4o","provider":"openai","input":"x","output":"refund","usage":{"input":100,"output":5,"cache_read":40},"cost_usd":0.01},
                  {"kind":"tool","tool":"lookup","input":{"a":1},"output":"ok","tool_call_id":"t1"}],
         "feedback":[{"name":"outcome","label":"refund","at":"2026-03-02T10:00:00Z"},{"name":"thumbs","value":true}]}
        """;

    [Fact]
    public void Read_PlainLine_IsSpansAndFeedback()
    {
        var read = Importers.Read(Line);

        read.Receipt().Rejected.ShouldBeEmpty();
        var (root, chain, call, tool) = (read.Spans[0], read.Spans[1], read.Spans[2], read.Spans[3]);
        (root.Agent, root.Input, root.Output, root.Conversation, root.User, root.Version).ShouldBe(("desk", "charged twice", "refund", "c1", "7", new VersionId("v2")));
        (root.Duration, root.Attributes["k"], root.Details!.Tags!.Single()).ShouldBe((TimeSpan.FromSeconds(1.2), "1", "a"));
        (chain.ParentId, chain.Duration).ShouldBe((root.SpanId, TimeSpan.FromMilliseconds(100)));
        (call.ParentId, call.Model, call.Cost, call.CostReason).ShouldBe((chain.SpanId, "gpt-4o", Usd.FromDollars(0.01m), "reported by the client"));
        (call.Usage!.InputUncached, call.Usage.CacheRead, call.Usage.OutputText).ShouldBe((60, 40, 5));
        (tool.Kind, tool.Details!.Tool, tool.Input, tool.Details.ToolCallId).ShouldBe((SpanKind.Tool, "lookup", "{\"a\":1}", "t1"));
        read.Feedback.Select(one => (one.Name, one.Label, one.Value)).ShouldBe([("outcome", "refund", null), ("thumbs", null, 1)]);
    }

    [Fact]
    public void Read_LogOfAChat_IsOneCall()
    {
        var read = Importers.Read("""{"messages":[{"role":"system","content":"short"},{"role":"user","content":"hi"},{"role":"assistant","content":"hello"}],"model":"m"}""");

        (read.Spans[0].Input, read.Spans[0].Output).ShouldBe(("hi", "hello"));
        (read.Spans[1].Model, read.Spans[1].Output, ExpectedMessages.OfCanonical(read.Spans[1].Input).Count).ShouldBe(("m", "hello", 2));
    }

    [Fact]
    public void Read_Otlp_IsWhatItsReceiverWouldStore()
    {
        var span = Importers.Read(Otlp).Spans.ShouldHaveSingleItem();

        (span.TraceId.Value, span.Kind, span.ModelRequested, span.Agent).ShouldBe(("0123456789abcdef0123456789abcdef", SpanKind.Model, "gpt-4o", "desk"));
    }

    [Fact]
    public void Read_OtlpProtobuf_WholeAndInFrames()
    {
        var file = Directory.EnumerateFiles(SharedFiles.Require("captures/otlp"), "*.pb", SearchOption.AllDirectories).Where(path => !path.Contains(".logs.", StringComparison.Ordinal) && !path.Contains(".metrics.", StringComparison.Ordinal)).Order(StringComparer.Ordinal).First();
        var body = File.ReadAllBytes(file);
        var framed = new byte[2 * (body.Length + 4)];
        foreach (var at in (int[])[0, body.Length + 4])
        {
            BinaryPrimitives.WriteUInt32BigEndian(framed.AsSpan(at), (uint)body.Length);
            body.CopyTo(framed, at + 4);
        }

        var whole = Importers.ReadProtobuf(body);

        whole.Spans.ShouldNotBeEmpty();
        Importers.ReadProtobuf(framed).Spans.Count.ShouldBe(2 * whole.Spans.Count);
        Importers.ReadProtobuf([1, 2, 3]).Receipt().Rejected.ShouldNotBeEmpty();
    }

    [Fact]
    public void Read_WhatTracesShowPrints_IsTheSameTraceAgain()
    {
        var read = Importers.Read(Line);
        var shown = new Trace
        {
            Summary = TraceSummaries.Of(TraceFold.Of(read.Spans), read.Feedback),
            Facts = TraceFold.Of(read.Spans),
            Spans = read.Spans,
        };

        var again = Importers.Read(JsonSerializer.Serialize(shown, ContractsJson.Default.Trace));

        again.Receipt().Rejected.ShouldBeEmpty();
        again.Spans.Select(span => JsonSerializer.Serialize(span, ContractsJson.Default.Span)).ShouldBe(read.Spans.Select(span => JsonSerializer.Serialize(span, ContractsJson.Default.Span)));
        again.Feedback.Count.ShouldBe(2);
    }

    [Theory]
    [InlineData("broken", "not JSON")]
    [InlineData("[1]", "no object but array")]
    [InlineData("""{"foo":1}""", "no known format (it has foo)")]
    [InlineData("""{"input":"x","start":"yesterday"}""", "no time")]
    [InlineData("""{"input":"x","spans":[{"kind":"magic"}]}""", "the kind 'magic'")]
    [InlineData("""{"input":"x","spans":7}""", "no list")]
    [InlineData("""{"input":"x","feedback":[{"name":"a"}]}""", "says nothing")]
    [InlineData("""{"input":"x","spans":[{"kind":"model","cost_usd":-1}]}""", "cost_usd")]
    [InlineData("""{"resourceSpans":[{"scopeSpans":[{"spans":[{"name":"x"}]}]}]}""", "trace_id")]
    public void Read_BadRecord_IsRejectedWithItsLineAndReason_AndTheOthersAreTaken(string record, string reason)
    {
        var receipt = Importers.Read(Line, record, Otlp).Receipt();

        receipt.Rejected.ShouldHaveSingleItem().ShouldSatisfyAllConditions(one => one.Line.ShouldBe(2), one => one.Reason.ShouldContain(reason));
        receipt.Accepted.ShouldBe(new Dictionary<string, int> { ["jsonl"] = 1, ["otlp"] = 1 });
        receipt.Traces.Count.ShouldBe(2);
    }

    [Fact]
    public void Read_AForcedFormat_IsTheOnlyOneTried()
    {
        Importers.Read("otlp", [Line]).Receipt().Rejected.ShouldHaveSingleItem().Reason.ShouldContain("resourceSpans");
        Should.Throw<Refusal>(() => Importers.Read("csv", [Line])).Message.ShouldContain("otlp, langfuse, tau-bench, jsonl");
    }

    [Fact]
    public void Read_WithAnAgent_ReplacesWhatTheRecordSays() =>
        Importers.Read(null, [Otlp, Line], agent: "triage").Spans.ShouldAllBe(span => span.Agent == "triage");

    /// <summary>Whatever a file holds, its records are taken or rejected; nothing is thrown.</summary>
    [Fact]
    public void Read_CutAndChangedRecords_NeverThrow()
    {
        string[] sources = [Line, Otlp, """{"trace":{"id":"t","timestamp":"2026-01-01T00:00:00Z","scores":[{"name":"a","value":1}]},"observations":[{"id":"o","type":"GENERATION","startTime":"2026-01-01T00:00:00Z","input":[{"role":"user","content":"x"}]}]}""",
            """{"task_id":1,"reward":1,"messages":[{"role":"user","content":"x"},{"role":"assistant","content":null,"tool_calls":[{"id":"a","name":"f","arguments":"{}"}]},{"role":"tool","content":"y"}]}"""];
        string[] values = ["null", "1", "-1e400", "\"\"", "[]", "{}", "[null]", "true", "\"2026-01-01\"", "99999999999999999999"];
        var changed = from source in Gen.Elements(sources)
                      from at in Gen.Choose(0, 10_000)
                      from value in Gen.Elements(values)
                      select Change(source, at, value);
        Prop.ForAll(changed.ToArbitrary(), record =>
        {
            var receipt = Importers.Read(record).Receipt();
            return receipt.Rejected.Count + receipt.Accepted.Values.Sum() >= 1;
        }).Check(Config.QuickThrowOnFailure.WithMaxTest(1000));
    }

    // Puts another value in the place of one of the record's, or cuts it there.
    private static string Change(string source, int at, string value)
    {
        var colons = source.Select((c, i) => (c, i)).Where(one => one.c == ':').Select(one => one.i).ToList();
        var colon = colons[at % colons.Count];
        var end = source.IndexOfAny([',', '}', ']'], colon);
        return at % 5 == 0 ? source[..colon] : source[..(colon + 1)] + value + source[end..];
    }
}
