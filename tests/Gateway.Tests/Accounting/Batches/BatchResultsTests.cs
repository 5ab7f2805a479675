using Espalier.Contracts.Runs;
using Espalier.Contracts.Shared;
using Espalier.Gateway.Accounting.Batches;
using Espalier.Gateway.Pricing;
using Espalier.Testing.Fakes;

namespace Espalier.Gateway.Tests.Accounting.Batches;

public sealed class BatchResultsTests
{
    private const string OpenAi = """
        {"id":"batch_req_1","custom_id":"a","response":{"status_code":200,"body":{"object":"chat.completion","model":"gpt-5-mini-2025-08-07","usage":{"prompt_tokens":1000,"completion_tokens":100,"total_tokens":1100,"prompt_tokens_details":{"cached_tokens":400}}}},"error":null}
        {"id":"batch_req_2","custom_id":"b","response":{"status_code":200,"body":{"object":"response","status":"completed","model":"gpt-5-mini","output":[],"usage":{"input_tokens":10,"output_tokens":10,"total_tokens":20}}},"error":null}
        {"id":"batch_req_3","custom_id":"c","response":{"status_code":400,"body":{"error":{"message":"no"}}},"error":null}
        not json
        """;

    private static readonly DateTimeOffset Day = new(2026, 11, 21, 0, 0, 0, TimeSpan.Zero);
    private static readonly BudgetId Line = new("keys/k");

    private readonly InMemoryLedger _ledger = new(new ManualTime());

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task ChargeAsync_FileFetchedTwice_IsBilledOnceAtHalfThePrice()
    {
        await _ledger.OpenAsync(Line, null, Cancellation);
        // 600 x 125 + 400 x 12.5 + 100 x 1000, and 10 x 125 + 10 x 1000 nano-dollars.
        var cost = new Usd(75_000 + 5000 + 100_000 + 1250 + 10_000);
        (await ChargeAsync("openai", OpenAi)).ShouldBe(new BatchCharge { Charged = 2, Failed = 1, Unreadable = 1, Cost = cost });
        (await ChargeAsync("openai", OpenAi)).ShouldBe(new BatchCharge { Known = 2, Failed = 1, Unreadable = 1 });
        (await _ledger.ReadAsync(Line, Cancellation))!.Spent.ShouldBe(cost);
    }

    [Fact]
    public async Task ChargeAsync_AnthropicsAndGooglesLines_AreReadToo()
    {
        await _ledger.OpenAsync(Line, null, Cancellation);
        (await ChargeAsync("anthropic", """
            {"custom_id":"a","result":{"type":"succeeded","message":{"type":"message","model":"claude-haiku-4-5-20251001","usage":{"input_tokens":10,"cache_creation_input_tokens":0,"cache_read_input_tokens":100,"output_tokens":20,"service_tier":"batch"}}}}
            {"custom_id":"b","result":{"type":"errored","error":{"type":"invalid_request"}}}
            """)).ShouldBe(new BatchCharge { Charged = 1, Failed = 1, Cost = new Usd(10 * 500 + 100 * 50 + 20 * 2500) });
        (await ChargeAsync("google", """
            {"key":"a","response":{"candidates":[{"finishReason":"STOP"}],"usageMetadata":{"promptTokenCount":10,"candidatesTokenCount":20,"totalTokenCount":30},"modelVersion":"gemini-2.5-flash"}}
            """, "batch_2")).ShouldBe(new BatchCharge { Charged = 1, Cost = new Usd(10 * 150 + 20 * 1250) });
    }

    [Fact]
    public async Task ChargeAsync_PriceUnknown_IsCountedAndNotTakenForZero()
    {
        await _ledger.OpenAsync(Line, null, Cancellation);
        (await ChargeAsync("openai", OpenAi.Replace("gpt-5-mini", "gpt-99", StringComparison.Ordinal))).Unpriced.ShouldBe(2);
        (await _ledger.ReadAsync(Line, Cancellation))!.Spent.ShouldBe(Usd.Zero);
    }

    private Task<BatchCharge> ChargeAsync(string provider, string file, string batch = "batch_1") =>
        new BatchResults(_ledger, PriceTable.Load()).ChargeAsync(Line, provider, batch, new StringReader(file), Day, (_, _, _) => { }, Cancellation);
}
