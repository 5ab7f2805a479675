using System.Text.Json;
using Espalier.Contracts;
using Espalier.Contracts.Shared;
using Espalier.Contracts.Traces;
using Espalier.Core.Runs;
using Espalier.Gateway.Accounting;
using Espalier.Gateway.Tests.Fakes;

namespace Espalier.Gateway.Tests.Agents;

/// <summary>What must be true of the spans that a program left, by what its model server counted.</summary>
internal static class AgentTrace
{
    // List prices in nano-dollars a token: input, cache read, cache write, output.
    private static readonly Dictionary<string, (long Input, long Read, long Write, long Output)> Prices = new()
    {
        ["gpt-4.1-mini"] = (400, 100, 400, 1600),
        ["claude-sonnet-4-5"] = (3000, 300, 3750, 15000),
        ["gemini-2.5-flash"] = (300, 30, 300, 2500),
        ["text-embedding-3-small"] = (20, 20, 20, 0),
    };

    /// <summary>Where the spans lie, what they asked and were answered, what they counted and cost: all of it, to the token and the nano-dollar.</summary>
    /// <param name="context">Whose calls they are; null when each is a trace of its own.</param>
    /// <param name="spans">All spans.</param>
    /// <param name="model">Who answered.</param>
    /// <param name="usages">What the model server counted, one for each good answer.</param>
    /// <param name="ledger">Where it was settled.</param>
    public static Usd Check(RunContext? context, IReadOnlyList<Span> spans, string model, IReadOnlyList<JsonElement?> usages, IReadOnlyDictionary<string, Usd> ledger)
    {
        var calls = spans.Where(span => span.Kind == SpanKind.Model).OrderBy(span => span.Start).ToList();
        var attempts = spans.Where(span => span.Kind == SpanKind.Attempt).ToList();
        var counted = usages.Where(usage => usage is not null).Select(usage => usage!.Value).ToList();
        attempts.Count.ShouldBe(usages.Count, "each request to the model server is one attempt");
        calls.Count.ShouldBe(counted.Count, "each good answer is one call");
        calls.Count.ShouldBeGreaterThan(0);
        if (context is not null)
        {
            spans.ShouldAllBe(span => span.TraceId == context.TraceId && span.Agent == context.Agent && span.Version == context.Version && span.Purpose == context.Purpose);
            spans.ShouldAllBe(span => span.Case == context.Case && span.Session == context.Session && span.Conversation == context.Conversation && span.User == context.User);
            calls.ShouldAllBe(span => span.ParentId == context.ParentSpan);
        }

        spans.Select(span => span.SpanId).Distinct().Count().ShouldBe(spans.Count);
        calls.ShouldAllBe(span => span.Error == null && span.Model == model);
        foreach (var call in calls) CheckAttempts(call, [.. attempts.Where(span => span.ParentId == call.SpanId).OrderBy(span => span.Start)]);
        attempts.ShouldAllBe(span => calls.Any(call => call.SpanId == span.ParentId));
        attempts.ShouldAllBe(span => span.Model == model && span.Attributes["billed"] == (span.Error == null ? "true" : "false"));

        var answers = attempts.Where(span => span.Error is null).ToList();
        answers.Select(span => (span.Usage!.InputTotal(), span.Usage.OutputTotal() ?? 0)).Order().ShouldBe(counted.Select(usage => ((long?)Input(usage), Output(usage))).Order());
        answers.Select(span => span.Cost!.Value.Nano).Order().ShouldBe(counted.Select(usage => Nano(model, usage)).Order());
        foreach (var answer in answers)
        {
            answer.Attributes.ContainsKey("usage").ShouldBeFalse("the server counted, nobody guessed");
            var bill = JsonSerializer.Deserialize(answer.Attributes[Bill.Attribute], ContractsJson.Default.Bill).ShouldNotBeNull();
            (bill.Total(), bill.Table).ShouldBe((answer.Cost!.Value, answer.PriceTable));
            bill.Lines.Count.ShouldBeGreaterThan(0);
            bill.Lines.ShouldAllBe(line => line.Quantity > 0 && line.Amount.Nano == line.Rate * line.Quantity * 1000);
            bill.Lines.Sum(line => line.Quantity).ShouldBe(answer.Usage!.InputTotal()!.Value + (answer.Usage.OutputTotal() ?? 0), "each token is on one line");
            ledger[Attempt.NewLedgerKey(answer.Start, answer.SpanId)].ShouldBe(answer.Cost.Value);
        }

        var sum = new Usd(counted.Sum(usage => Nano(model, usage)));
        sum.ShouldBeGreaterThan(Usd.Zero);
        ledger.Values.Aggregate(Usd.Zero, (all, one) => all + one).ShouldBe(sum);
        return sum;
    }

    /// <summary>The task's three steps: two tools, then the answer, which a person can read in the trace.</summary>
    public static void CheckTask(IReadOnlyList<Span> spans, string answer)
    {
        var calls = spans.Where(span => span.Kind == SpanKind.Model).OrderBy(span => span.Start).ToList();
        calls.Count.ShouldBe(3);
        calls[0].Input!.ShouldContain("3 widgets");
        calls[0].Output!.ShouldContain("lookup_price");
        calls[0].Output!.ShouldContain("widget");
        calls[1].Input!.ShouldContain("12.5", Case.Sensitive, "the first tool's result");
        calls[1].Output!.ShouldContain("multiply");
        calls[1].Output!.ShouldContain("12.5");
        calls[2].Input!.ShouldContain("37.5", Case.Sensitive, "the second tool's result");
        calls[2].Output!.ShouldContain(answer);
        calls[2].Output!.ShouldNotContain("multiply");
        foreach (var call in calls) spans.Last(span => span.ParentId == call.SpanId).Output.ShouldBe(call.Output);
    }

    // By each vendor's own words, independently of the gateway's readers.
    public static long Nano(string model, JsonElement usage)
    {
        var price = Prices[model];
        var (read, write) = (Count(usage, "cache_read_input_tokens"), Count(usage, "cache_creation_input_tokens"));
        return ((Input(usage) - read - write) * price.Input) + (read * price.Read) + (write * price.Write) + (Output(usage) * price.Output);
    }

    private static long Input(JsonElement usage) =>
        Count(usage, "prompt_tokens") + Count(usage, "input_tokens") + Count(usage, "promptTokenCount") + Count(usage, "cache_read_input_tokens") + Count(usage, "cache_creation_input_tokens");

    private static long Output(JsonElement usage) => Count(usage, "completion_tokens") + Count(usage, "output_tokens") + Count(usage, "candidatesTokenCount");

    private static long Count(JsonElement usage, string name) => usage.TryGetProperty(name, out var count) ? count.GetInt64() : 0;

    private static void CheckAttempts(Span call, List<Span> attempts)
    {
        attempts.Count.ShouldBeGreaterThan(0);
        attempts.ShouldAllBe(span => span.TraceId == call.TraceId && span.ModelRequested == call.ModelRequested && span.Provider != null);
        attempts.Select(span => span.Role).ShouldBe([AttemptRole.Primary, .. Enumerable.Repeat<AttemptRole?>(AttemptRole.Retry, attempts.Count - 1)]);
        attempts.ShouldAllBe(span => span.Start >= call.Start && span.Start + span.Duration <= call.Start + call.Duration + TimeSpan.FromMilliseconds(50));
        attempts.SkipLast(1).ShouldAllBe(span => span.Error != null && span.Cost == Usd.Zero);
        attempts[^1].Error.ShouldBeNull();
    }
}
