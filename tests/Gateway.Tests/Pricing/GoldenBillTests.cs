using System.Text;
using Espalier.Contracts.Traces;
using Espalier.Gateway.Accounting.Usage;
using Espalier.Gateway.Pricing;

namespace Espalier.Gateway.Tests.Pricing;

/// <summary>Replies as each wire sends them, with the bill worked out by hand from the list prices: exact to the nano-dollar.</summary>
public sealed class GoldenBillTests
{
    private static readonly DateTimeOffset Day = new(2026, 11, 21, 12, 0, 0, TimeSpan.Zero);
    private static readonly PriceTable Table = PriceTable.Load();

    [Fact]
    public void Anthropic_HourWriteAndRead_Streamed() => Bill(
            Stream(
                new MessagesUsageReader(),
                """{"type":"message_start","message":{"id":"msg_1","model":"claude-sonnet-4-6","usage":{"input_tokens":12,"cache_creation_input_tokens":2500,"cache_read_input_tokens":10000,"cache_creation":{"ephemeral_5m_input_tokens":500,"ephemeral_1h_input_tokens":2000},"output_tokens":1,"service_tier":"standard"}}}""",
                """{"type":"content_block_delta","index":0,"delta":{"type":"text_delta","text":"Hello"}}""",
                """{"type":"message_delta","delta":{"stop_reason":"end_turn"},"usage":{"input_tokens":12,"cache_creation_input_tokens":2500,"cache_read_input_tokens":10000,"output_tokens":300}}"""),
            "claude-sonnet-4-6")
        .ShouldBe([("input", 12, 36_000), ("cache_read", 10_000, 3_000_000), ("cache_write", 500, 1_875_000), ("cache_write_hour", 2000, 12_000_000), ("output", 300, 4_500_000)]);

    [Fact]
    public void Anthropic_WebSearchWithSeveralSteps_WhatIsBeyondTheSplitIsPricedForMinutes()
    {
        var usage = Stream(
            new MessagesUsageReader(),
            """{"type":"message_start","message":{"model":"claude-opus-4-6","usage":{"input_tokens":400,"cache_creation_input_tokens":3000,"cache_read_input_tokens":0,"cache_creation":{"ephemeral_5m_input_tokens":0,"ephemeral_1h_input_tokens":3000},"output_tokens":2,"server_tool_use":{"web_search_requests":0}}}}""",
            """{"type":"message_delta","delta":{"stop_reason":"end_turn"},"usage":{"input_tokens":21000,"cache_creation_input_tokens":8000,"cache_read_input_tokens":6000,"output_tokens":900,"server_tool_use":{"web_search_requests":3,"web_fetch_requests":1}}}""");
        usage.Flags.ShouldNotBeEmpty();
        Bill(usage, "claude-opus-4-6").ShouldBe(
        [
            ("input", 21_000, 105_000_000), ("cache_read", 6000, 3_000_000), ("cache_write", 5000, 31_250_000), ("cache_write_hour", 3000, 30_000_000),
            ("output", 900, 22_500_000), ("web_search", 3, 30_000_000), ("web_fetch", 1, 0),
        ]);
    }

    [Fact]
    public void Anthropic_InferenceInTheUsAlone_CostsATenthMore() => Bill(
            Whole(new MessagesUsageReader(), """{"model":"claude-opus-4-6","usage":{"input_tokens":1000,"output_tokens":100,"inference_geo":"us","service_tier":"standard"}}"""),
            "claude-opus-4-6")
        .ShouldBe([("input", 1000, 5_500_000), ("output", 100, 2_750_000)]);

    [Fact]
    public void Gemini_ThinkingCachedAndAbove200K_RepricesAllOfIt() => Bill(
            Stream(
                new GeminiUsageReader(),
                """{"candidates":[{"content":{"parts":[{"text":"a"}]}}],"usageMetadata":{"promptTokenCount":250000,"cachedContentTokenCount":100000,"thoughtsTokenCount":1000,"totalTokenCount":251000},"modelVersion":"gemini-2.5-pro"}""",
                """{"candidates":[{"finishReason":"STOP"}],"usageMetadata":{"promptTokenCount":250000,"cachedContentTokenCount":100000,"candidatesTokenCount":500,"thoughtsTokenCount":2000,"totalTokenCount":252500},"modelVersion":"gemini-2.5-pro"}"""),
            "gemini-2.5-pro")
        .ShouldBe([("input", 150_000, 375_000_000), ("cache_read", 100_000, 25_000_000), ("output", 2500, 37_500_000)]);

    [Fact]
    public void Gemini_GroundedByTwoQueries_IsBilledByTheRequestBefore3AndByTheQueryFromThen()
    {
        const string reply = """{"candidates":[{"finishReason":"STOP","groundingMetadata":{"webSearchQueries":["a","b"]}}],"usageMetadata":{"promptTokenCount":10,"candidatesTokenCount":10,"totalTokenCount":20}}""";
        Bill(Whole(new GeminiUsageReader(), reply), "gemini-2.5-flash")
            .ShouldBe([("input", 10, 3000), ("output", 10, 25_000), ("grounding_query", 2, 0), ("grounding_request", 1, 35_000_000)]);
        Bill(Whole(new GeminiUsageReader(), reply), "gemini-3.1-pro-preview")
            .ShouldBe([("input", 10, 20_000), ("output", 10, 120_000), ("grounding_query", 2, 28_000_000), ("grounding_request", 1, 0)]);
    }

    [Fact]
    public void OpenAiChat_StreamWithUsage_IsMeasured() => Bill(
            Stream(
                new ChatUsageReader(),
                """{"model":"gpt-5-mini-2025-08-07","choices":[{"delta":{"content":"Hi"}}],"usage":null}""",
                """{"model":"gpt-5-mini-2025-08-07","service_tier":"default","choices":[],"usage":{"prompt_tokens":2006,"completion_tokens":300,"total_tokens":2306,"prompt_tokens_details":{"cached_tokens":1920},"completion_tokens_details":{"reasoning_tokens":192}}}""",
                "[DONE]"),
            "gpt-5-mini")
        .ShouldBe([("input", 86, 21_500), ("cache_read", 1920, 48_000), ("output", 300, 600_000)]);

    [Fact]
    public void OpenAiChat_StreamWithoutUsage_IsEstimatedFromItsBytesAndSaysSo()
    {
        var reported = Stream(new ChatUsageReader(), """{"model":"gpt-5-mini","choices":[{"delta":{"content":"Hi"}}]}""", "[DONE]");
        var (usage, estimated) = reported.Complete(inputBytes: 4000, outputBytes: 400);
        estimated.ShouldBeTrue();
        Lines(usage, "gpt-5-mini", default).ShouldBe([("input", 1000, 250_000), ("output", 100, 200_000)]);
    }

    [Fact]
    public void OpenAiChat_CacheWriteOfGpt56_CostsAQuarterMoreThanInput() => Bill(
            Whole(new ChatUsageReader(), """{"model":"gpt-5.6","service_tier":"default","usage":{"prompt_tokens":5000,"completion_tokens":100,"total_tokens":5100,"prompt_tokens_details":{"cached_tokens":1000,"cache_write_tokens":3000},"completion_tokens_details":{"reasoning_tokens":0}}}"""),
            "gpt-5.6")
        .ShouldBe([("input", 1000, 5_000_000), ("cache_read", 1000, 500_000), ("cache_write", 3000, 18_750_000), ("output", 100, 3_000_000)]);

    [Fact]
    public void OpenAiResponses_IncompleteWithoutAnyText_IsBilledInFull() => Bill(
            Stream(
                new ResponsesUsageReader(),
                """{"type":"response.created","response":{"id":"resp_1","status":"in_progress","model":"gpt-5.4-2026-03-05","usage":null}}""",
                """{"type":"response.incomplete","response":{"id":"resp_1","status":"incomplete","incomplete_details":{"reason":"max_output_tokens"},"model":"gpt-5.4-2026-03-05","service_tier":"default","output":[{"type":"reasoning","summary":[]}],"usage":{"input_tokens":300000,"input_tokens_details":{"cached_tokens":100000},"output_tokens":2048,"output_tokens_details":{"reasoning_tokens":2048},"total_tokens":302048}}}"""),
            "gpt-5.4")
        .ShouldBe([("input", 200_000, 1_000_000_000), ("cache_read", 100_000, 50_000_000), ("output", 2048, 46_080_000)]);

    [Theory]
    [InlineData("flex", 625_000, 500_000)]
    [InlineData("default", 1_250_000, 1_000_000)]
    [InlineData("priority", 2_500_000, 2_000_000)]
    public void OpenAiChat_FlexAskedFor_IsPricedByTheTierThatAnswered(string served, long input, long output) => Bill(
            Whole(new ChatUsageReader(), $$"""{"model":"gpt-5-2025-08-07","service_tier":"{{served}}","usage":{"prompt_tokens":1000,"completion_tokens":100,"total_tokens":1100} }"""),
            "gpt-5")
        .ShouldBe([("input", 1000, input), ("output", 100, output)]);

    [Fact]
    public void Abort_AfterFiveTokens_EachWireKeepsWhatItToldAndEstimatesTheRest()
    {
        const int inputBytes = 4000;
        const int outputBytes = 20;
        var chat = Stream(new ChatUsageReader(), """{"model":"gpt-5-mini","choices":[{"delta":{"content":"five tokens of a text"}}],"usage":null}""");
        var running = Stream(new ChatUsageReader(), """{"model":"llama","choices":[{"delta":{"content":"x"}}],"usage":{"prompt_tokens":900,"completion_tokens":5,"total_tokens":905}}""");
        var responses = Stream(new ResponsesUsageReader(), """{"type":"response.created","response":{"id":"r","model":"gpt-5-mini","status":"in_progress","usage":null}}""", """{"type":"response.output_text.delta","delta":"five"}""");
        var messages = Stream(new MessagesUsageReader(), """{"type":"message_start","message":{"model":"claude-haiku-4-5","usage":{"input_tokens":900,"cache_read_input_tokens":100,"cache_creation_input_tokens":0,"output_tokens":1}}}""");
        var gemini = Stream(new GeminiUsageReader(), """{"candidates":[{"content":{"parts":[{"text":"five"}]}}],"usageMetadata":{"promptTokenCount":900,"totalTokenCount":900},"modelVersion":"gemini-2.5-flash"}""");

        Aborted(chat, "gpt-5-mini").ShouldBe((true, 1000 * 250 + 5 * 2000));
        running.Complete(inputBytes, outputBytes).ShouldBe((new TokenUsage { InputUncached = 900, OutputText = 5 }, false));
        Aborted(responses, "gpt-5-mini").ShouldBe((true, 1000 * 250 + 5 * 2000));
        Aborted(messages, "claude-haiku-4-5").ShouldBe((true, 900 * 1000 + 100 * 100 + 5 * 5000));
        Aborted(gemini, "gemini-2.5-flash").ShouldBe((true, 900 * 300 + 5 * 2500));

        static (bool Estimated, long Nano) Aborted(ReportedUsage reported, string model)
        {
            var (usage, estimated) = reported.Complete(inputBytes, outputBytes);
            return (estimated, Lines(usage, model, default).Sum(line => line.Nano));
        }
    }

    [Fact]
    public void Embeddings_InputOnly() => Bill(
            Whole(new EmbeddingsUsageReader(), """{"model":"text-embedding-3-small","data":[],"usage":{"prompt_tokens":1003,"total_tokens":1003}}"""), "text-embedding-3-small")
        .ShouldBe([("input", 1003, 20_060)]);

    [Fact]
    public void FreeModel_IsZeroAndNotUnknown()
    {
        var table = PriceTable.Load("prices: [ { model: vllm/ours, input: 0, output: 0, effective_from: 2026-01-01, provenance: \"our own machine\" } ]");
        var (bill, reason) = table.Price(null, "vllm/ours", new TokenUsage { InputUncached = 1000, OutputText = 10 }, default, Day);
        (bill!.Total().Nano, reason).ShouldBe((0, null));
        table.Price(null, "vllm/another", new TokenUsage { InputUncached = 1000 }, default, Day).ShouldBe((null, "no price for vllm/another"));
    }

    [Fact]
    public void Total_OfABill_IsTheSumOfItsLinesAndItsTermsAreTold()
    {
        var (bill, _) = Table.Price(null, "gpt-5.4", new TokenUsage { InputUncached = 280_000, OutputText = 10 }, new PriceTerms { ServiceTier = "flex" }, Day);
        bill!.Total().ShouldBe(bill.Lines.Aggregate(Contracts.Shared.Usd.Zero, (sum, line) => sum + line.Amount));
        (bill.Model, bill.ServiceTier, bill.AbovePromptTokens, bill.Table).ShouldBe(("openai/gpt-5.4", "flex", 272_000, Table.Version));
    }

    private static List<(string Name, long Quantity, long Nano)> Bill(ReportedUsage reported, string model)
    {
        reported.Measured.ShouldBeTrue();
        reported.Violations.ShouldBeEmpty();
        return Lines(reported.Tokens!, model, new PriceTerms { ServiceTier = reported.ServiceTier, Region = reported.Region });
    }

    private static List<(string Name, long Quantity, long Nano)> Lines(TokenUsage usage, string model, PriceTerms terms)
    {
        var (bill, reason) = Table.Price(null, model, usage, terms, Day);
        reason.ShouldBeNull();
        return [.. bill!.Lines.Select(line => (line.Name, line.Quantity, line.Amount.Nano))];
    }

    private static ReportedUsage Whole(UsageReader reader, string json)
    {
        reader.ReadBody(Encoding.UTF8.GetBytes(json));
        return reader.Report();
    }

    private static ReportedUsage Stream(UsageReader reader, params string[] events)
    {
        foreach (var data in events) reader.ReadEvent(Encoding.UTF8.GetBytes(data));
        return reader.Report();
    }
}
