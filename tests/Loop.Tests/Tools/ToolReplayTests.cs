using System.Diagnostics;
using Espalier.Contracts.Datasets;
using Espalier.Contracts.Judging;
using Espalier.Contracts.Runs;
using Espalier.Contracts.Shared;
using Espalier.Contracts.Traces;
using Espalier.Loop.Tests.Programs;
using Espalier.Sdk;

namespace Espalier.Loop.Tests.Tools;

/// <summary>An agent with a tool is served, a dataset is made of its traffic, and evaluations replay what the tool said.</summary>
public sealed class ToolReplayTests
{
    private static readonly string[] Requests =
    [
        "Where is my blue kettle, order A-1001, that I bought in Lisbon?", "A-1002 should have come on Monday. Is it lost?", "I want my money back for the broken tent of A-1003.",
        "Could somebody tell me about A-1004 please, the one with three lamps?", "Nobody opened the door when A-1005 arrived, what now?", "Give me the money for A-1006, it was the wrong size of boots!",
        "The courier says A-1007 is in Porto; I live in Faro.", "Status of A-1008", "My neighbour has A-1009, or has she not?", "Two radios, one parcel: A-1010. When does it come?",
        "Your page shows nothing for A-1011 since last week.", "Before I fly on Friday I need A-1012 in my hands.", "As to A-1013, refund the money to the old card.", "Grandmother's rug, A-1014, any news of it?",
    ];

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Traffic_WithAToolThatWrites_IsReplayedAndNothingIsWrittenAgain()
    {
        await using var place = new Place();
        var log = ToolAgent.Write(place);
        (await place.RunAsync("up", "--detach")).Done();
        (await place.RunAsync("agents", "import", ToolAgent.Name)).Done();
        (await place.RunAsync("doctor", "-C", ToolAgent.Name)).Out.ShouldContain("espalier tools trust");
        File.Exists(log).ShouldBeFalse("nothing is started before somebody trusts it");
        (await place.RunAsync("tools", "trust", ToolAgent.Name)).Done().Out.ShouldContain("trusted orders");
        (await place.RunAsync("tools", "list", ToolAgent.Name)).Done().Out.ShouldContain("yes");
        (await place.RunAsync("doctor", "-C", ToolAgent.Name)).Done().Out.ShouldContain("2 tools, 1 of them read-only");

        using var client = place.Client();
        await ServeAsync(client, log);
        var served = Done(log);
        served.Count(line => line.StartsWith("refund", StringComparison.Ordinal)).ShouldBe(3);
        File.ReadAllLines(log).Count(line => line.StartsWith("started", StringComparison.Ordinal)).ShouldBe(2, "it was killed once");
        await client.Datasets.BuildAsync(new BuildDatasetRequest { Agent = ToolAgent.Name, Dataset = "orders" }, Token);

        var same = await EvaluateAsync(client);
        same.Rows.ShouldAllBe(row => row.Pass == true);
        var usage = ToolUsage.Sum(same.Rows.Select(row => row.Tools)).ShouldNotBeNull();
        (usage.Missed, usage.Forwarded, usage.MissRate).ShouldBe((0, 0, 0.0));
        usage.Replayed.ShouldBeGreaterThanOrEqualTo(same.Rows.Count);
        Done(log).ShouldBe(served);

        // This version asks for something that was never recorded, and it writes.
        ToolAgent.WriteCode(place, amount: 99);
        (await place.RunAsync("agents", "import", ToolAgent.Name)).Done();
        var other = await place.RunAsync("judge", "run", "head", "--dataset", "orders", "--yes", "-C", ToolAgent.Name);
        other.Done().Out.ShouldContain("kept from writing");
        Done(log).ShouldBe(served);
    }

    private static async Task ServeAsync(EspalierClient client, string log)
    {
        var feedback = new List<FeedbackSignal>();
        for (var i = 0; i < Requests.Length; i++)
        {
            if (i == 6)
            {
                var id = int.Parse(File.ReadAllLines(log).Last(line => line.StartsWith("started", StringComparison.Ordinal)).Split(' ')[1]);
                using var server = Process.GetProcessById(id);
                server.Kill();
                await server.WaitForExitAsync(Token);
            }

            var answer = await client.Agents.InvokeAsync(ToolAgent.Name, new InvokeRequest { Input = Requests[i], Conversation = $"c{i}" }, Token);
            var output = answer.Output.ShouldNotBeNull($"{answer.Outcome}");
            output.ShouldBeOneOf("on its way", "delivered", "lost");
            feedback.Add(new FeedbackSignal { TraceId = answer.TraceId, Name = "outcome", Label = output });
        }

        await client.Traces.FeedbackAsync(new FeedbackBatch { Items = feedback }, Token);
        var trace = await client.Traces.GetAsync(feedback[2].TraceId!.Value, Token);
        trace.Spans.Where(span => span.Kind == SpanKind.Tool).Select(span => span.Details?.Tool).ShouldBe(["get_order", "refund"]);
    }

    private static async Task<Evaluation> EvaluateAsync(EspalierClient client)
    {
        var evaluation = await client.Judging.EvaluateAsync(new EvaluateRequest { Agent = ToolAgent.Name, Dataset = "orders", Split = Split.Search, Budget = Usd.FromDollars(1) }, Token);
        evaluation.Rows.Count.ShouldBeGreaterThan(3);
        return evaluation;
    }

    private static string[] Done(string log) => [.. File.ReadAllLines(log).Where(line => !line.StartsWith("started", StringComparison.Ordinal))];
}
