using System.Text.Json;
using Espalier.Contracts.Traces;
using Espalier.Core.Traces.Imports;
using Espalier.Testing;

namespace Espalier.Core.Tests.Traces.Imports;

public sealed class TauBenchImportTests
{
    private const string Session = """
        {"trace_id":"air-0-1","domain":"airline","task_id":7,"trial":1,"agent_model":"gpt-4o","reward":1.0,"messages":[
          {"role":"user","content":"cancel my flight"},
          {"role":"assistant","content":null,"tool_calls":[{"id":"c1","name":"find","arguments":"{\"id\":1}"}]},
          {"role":"tool","tool_call_id":"c1","name":"find","content":"Error: no such flight"},
          {"role":"assistant","content":null,"tool_calls":[{"id":"c1","name":"find","arguments":"{\"id\":2}"}]},
          {"role":"tool","tool_call_id":"c1","name":"find","content":"{\"id\":2}"},
          {"role":"assistant","content":"It is cancelled."}]}
        """;

    [Fact]
    public void Read_ASession_IsAgentModelAndToolSpansAndItsReward()
    {
        var read = Importers.Read(Session);

        var root = read.Spans.Single(span => span.ParentId is null);
        (root.Kind, root.Agent, root.Input, root.Output, root.Conversation).ShouldBe((SpanKind.Agent, "tau-bench-airline", "cancel my flight", "It is cancelled.", "air-0-1"));
        (root.Attributes["tau.task_id"], root.Attributes["tau.trial"], root.Attributes["tau.domain"]).ShouldBe(("7", "1", "airline"));
        var calls = read.Spans.Where(span => span.Kind == SpanKind.Model).ToList();
        calls.Select(span => ExpectedMessages.OfCanonical(span.Input).Count).ShouldBe([1, 3, 5]);
        calls.ShouldAllBe(span => span.Model == "gpt-4o" && span.Usage == null && span.ParentId == root.SpanId);
        calls[0].Details!.RequestedTools!.ShouldHaveSingleItem().Name.ShouldBe("find");
        var tools = read.Spans.Where(span => span.Kind == SpanKind.Tool).ToList();
        tools.Select(span => (span.Input, span.Error)).ShouldBe([("{\"id\":1}", "Error: no such flight"), ("{\"id\":2}", null)]);
        read.Feedback.ShouldHaveSingleItem().ShouldSatisfyAllConditions(
            one => one.Name.ShouldBe("reward"), one => one.Value.ShouldBe(1), one => one.TraceId.ShouldBe(root.TraceId), one => one.Comment.ShouldBe("task 7, trial 1"));
        root.Start.ShouldBe(TraceImporter.UsualStart);
    }

    [Fact]
    public void Read_TheSameSessionAgain_GivesTheSameIds() =>
        Importers.Read(Session).Spans.Select(span => span.SpanId).ShouldBe(Importers.Read(Session).Spans.Select(span => span.SpanId));

    [Fact]
    public void Read_RealSessions_KeepsEveryMessageCallAndReward()
    {
        var lines = Directory.EnumerateFiles(SharedFiles.Require("data/tau_bench_traffic"), "*.jsonl.gz").SelectMany(Importers.Lines).ToList();
        lines.ShouldNotBeEmpty();
        foreach (var line in lines)
        {
            using var row = JsonDocument.Parse(line);
            var messages = row.RootElement.GetProperty("messages").EnumerateArray().ToList();
            var read = Importers.Read(line);

            read.Receipt().Rejected.ShouldBeEmpty();
            read.Spans.Count(span => span.Kind == SpanKind.Model).ShouldBe(messages.Count(message => message.GetProperty("role").GetString() == "assistant"));
            read.Spans.Count(span => span.Kind == SpanKind.Tool).ShouldBe(messages.Count(message => message.GetProperty("role").GetString() == "tool"));
            read.Spans.Select(span => span.SpanId).Distinct().Count().ShouldBe(read.Spans.Count);
            read.Feedback.Single().Value.ShouldBe(row.RootElement.GetProperty("reward").GetDouble());
        }
    }
}
