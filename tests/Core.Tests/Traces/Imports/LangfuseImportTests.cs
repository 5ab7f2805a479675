using System.Text.Json;
using Espalier.Contracts.Traces;
using Espalier.Testing;

namespace Espalier.Core.Tests.Traces.Imports;

public sealed class LangfuseImportTests
{
    private const string Small = """
        {"trace":{"id":"t-1","name":"desk","timestamp":"2026-01-01T10:00:00.000Z","userId":"u1","sessionId":"s1","tags":["a"],"input":"\"hi\"","output":"\"done\"",
          "scores":[{"name":"quality","value":0.5,"source":"EVAL","dataType":"NUMERIC","comment":"so so","timestamp":"2026-01-01T11:00:00.000Z"},
                    {"name":"topic","value":0,"stringValue":"refund","dataType":"CATEGORICAL","source":"ANNOTATION","observationId":"o-2"}]},
         "observations":[
          {"id":"o-1","type":"SPAN","name":"handle","startTime":"2026-01-01T10:00:00.000Z","endTime":"2026-01-01T10:00:02.000Z","input":"hi","output":"done"},
          {"id":"o-2","parentObservationId":"o-1","type":"GENERATION","name":"call","startTime":"2026-01-01T10:00:00.500Z","endTime":"2026-01-01T10:00:01.500Z","model":"gpt-4o",
           "input":[{"role":"user","content":"hi"}],"output":{"role":"assistant","content":"done"},"usageDetails":{"input":10,"output":2,"total":12},"costDetails":{"total":0.001}}]}
        """;

    [Fact]
    public void Read_ATraceWithObservations_IsSpansAndFeedback()
    {
        var read = Importers.Read(Small);

        read.Receipt().Rejected.ShouldBeEmpty();
        read.Receipt().Accepted.ShouldBe(new Dictionary<string, int> { ["langfuse"] = 1 });
        var call = read.Spans.Single(span => span.Kind == SpanKind.Model);
        var root = read.Spans.Single(span => span.ParentId is null);
        (call.Model, call.Output, call.ParentId, call.Conversation, call.User).ShouldBe(("gpt-4o", "done", root.SpanId, "s1", "u1"));
        (call.Usage!.InputUncached, call.Usage.OutputText, call.Cost!.Value.Nano).ShouldBe((10, 2, 1_000_000));
        (call.Start, call.Duration).ShouldBe((new DateTimeOffset(2026, 1, 1, 10, 0, 0, 500, TimeSpan.Zero), TimeSpan.FromSeconds(1)));
        (root.Input, root.Output, root.Agent).ShouldBe(("hi", "done", "desk"));
        read.Feedback.Select(one => (one.Name, one.Value, one.Label, one.SpanId)).ShouldBe([("quality", 0.5, null, null), ("topic", null, "refund", call.SpanId)]);
        read.Feedback.ShouldAllBe(one => one.TraceId == root.TraceId);
    }

    [Fact]
    public void Read_AsTheApiAnswersIt_IsTheSame()
    {
        using var document = JsonDocument.Parse(Small);
        var trace = document.RootElement.GetProperty("trace").GetRawText();
        var whole = $"{trace[..^1]},\"observations\":{document.RootElement.GetProperty("observations").GetRawText()}}}";

        var read = Importers.Read(whole);

        read.Spans.Select(span => (span.TraceId, span.SpanId, span.Kind)).ShouldBe(Importers.Read(Small).Spans.Select(span => (span.TraceId, span.SpanId, span.Kind)));
        read.Feedback.Count.ShouldBe(2);
    }

    [Fact]
    public void Read_SeveralFirstObservations_GetOneAboveThem()
    {
        var read = Importers.Read(Small.Replace("\"parentObservationId\":\"o-1\",", "", StringComparison.Ordinal));

        var root = read.Spans.Single(span => span.ParentId is null);
        (root.Kind, root.Input).ShouldBe((SpanKind.Agent, "hi"));
        read.Spans.Count(span => span.ParentId == root.SpanId).ShouldBe(2);
    }

    [Theory]
    [InlineData("""{"trace":{"id":"t"},"observations":[{"type":"SPAN","startTime":"2026-01-01T10:00:00Z"}]}""", "no id")]
    [InlineData("""{"trace":{"id":"t"},"observations":[{"id":"o","type":"SPAN"}]}""", "no time")]
    public void Read_WhatLacksIdOrTime_IsRejected(string record, string reason) =>
        Importers.Read(record).Receipt().Rejected.ShouldHaveSingleItem().Reason.ShouldContain(reason);

    /// <summary>Exports of many frameworks, with the messages that Langfuse's own tests expect of each call.</summary>
    [Fact]
    public void Read_ExportsOfFrameworks_GivesTheExpectedMessages()
    {
        var folder = SharedFiles.Require("data/llm_trace_dumps");
        var lines = Directory.EnumerateFiles(folder, "*.jsonl.gz").SelectMany(Importers.Lines).ToList();
        lines.ShouldNotBeEmpty();
        var wrong = new List<string>();
        var (checkedInputs, checkedOutputs) = (0, 0);
        foreach (var line in lines)
        {
            using var row = JsonDocument.Parse(line);
            var framework = row.RootElement.GetProperty("framework").GetString();
            var read = Importers.Read(line);
            read.Receipt().Rejected.ShouldBeEmpty(framework);
            if (row.RootElement.GetProperty("expected_chatml") is not { ValueKind: JsonValueKind.Object } expected) continue;
            foreach (var (span, told) in expected.EnumerateObject().Select(one => (read.Spans.SingleOrDefault(span => span.SpanId.Value == one.Name), one.Value)))
            {
                if (span is not { Kind: SpanKind.Model }) continue;
                if (ExpectedMessages.Of(told, "input") is { } input)
                {
                    checkedInputs++;
                    if (ExpectedMessages.Differ(input, ExpectedMessages.OfCanonical(span.Input)) is { } difference) wrong.Add($"{framework} {span.SpanId} input: {difference}");
                }

                if (ExpectedMessages.Of(told, "output") is { } output)
                {
                    checkedOutputs++;
                    if (ExpectedMessages.DifferAnswer(output, span) is { } difference) wrong.Add($"{framework} {span.SpanId} output: {difference}");
                }
            }
        }

        (checkedInputs + checkedOutputs).ShouldBeGreaterThan(lines.Count);
        wrong.ShouldBeEmpty($"{wrong.Count} of {checkedInputs + checkedOutputs}");
    }
}
