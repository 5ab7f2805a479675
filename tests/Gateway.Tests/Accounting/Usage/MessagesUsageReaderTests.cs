using System.Text;
using Espalier.Contracts.Traces;
using Espalier.Gateway.Accounting.Usage;

namespace Espalier.Gateway.Tests.Accounting.Usage;

public sealed class MessagesUsageReaderTests
{
    [Fact]
    public void Body_CachesBothWays_AreBesideTheInput() => Body(
            """{"input_tokens":16,"cache_creation_input_tokens":465,"cache_read_input_tokens":30,"output_tokens":22,"service_tier":"standard","cache_creation":{"ephemeral_5m_input_tokens":400,"ephemeral_1h_input_tokens":65}}""")
        .Tokens.ShouldBe(new TokenUsage { InputUncached = 16, CacheRead = 30, CacheWrite = 400, CacheWriteHour = 65, OutputText = 22 });

    [Fact]
    public void Body_NoSplitByLifetime_IsAllWrittenForMinutes()
    {
        var usage = Body("""{"input_tokens":21,"cache_creation_input_tokens":1733,"cache_read_input_tokens":0,"output_tokens":561}""");
        usage.Tokens.ShouldBe(new TokenUsage { InputUncached = 21, CacheRead = 0, CacheWrite = 1733, OutputText = 561 });
        usage.Flags.ShouldBeEmpty();
    }

    [Fact]
    public void Body_NoCounts_AreUnknown() => Body("""{"service_tier":"standard"}""").Tokens.ShouldBeNull();

    [Fact]
    public void Body_Thinking_IsTakenOutOfTheOutput() =>
        Body("""{"input_tokens":50,"output_tokens":93,"output_tokens_details":{"thinking_tokens":53}}""")
            .Tokens.ShouldBe(new TokenUsage { InputUncached = 50, OutputText = 40, OutputReasoning = 53 });

    [Fact]
    public void Body_FastModeAndPlace_AreToldLikeATier()
    {
        var usage = Body("""{"input_tokens":5,"output_tokens":9,"speed":"fast","service_tier":"standard","inference_geo":"us"}""");
        (usage.ServiceTier, usage.Region, usage.Model).ShouldBe(("fast", "us", "claude-x"));
    }

    [Fact]
    public void Body_StepsOfCompaction_AreBilledBesideTheTotals() => Body(
            """{"input_tokens":100,"output_tokens":10,"iterations":[{"type":"compaction","input_tokens":1000,"output_tokens":50},{"type":"message","input_tokens":100,"output_tokens":10}]}""")
        .Tokens.ShouldBe(new TokenUsage { InputUncached = 1100, OutputText = 60 });

    [Fact]
    public void Events_RunningTotals_AreNeverAdded()
    {
        var usage = Stream(
            """{"type":"message_start","message":{"id":"msg_1","model":"claude-x","usage":{"input_tokens":78,"cache_creation_input_tokens":0,"cache_read_input_tokens":10,"output_tokens":1,"service_tier":"standard"}}}""",
            """{"type":"content_block_delta","index":0,"delta":{"type":"text_delta","text":"\"usage\""}}""",
            """{"type":"message_delta","delta":{"stop_reason":"end_turn"},"usage":{"output_tokens":100}}""",
            """{"type":"message_delta","delta":{"stop_reason":"end_turn"},"usage":{"output_tokens":296}}""",
            """{"type":"message_stop"}""");
        usage.Tokens.ShouldBe(new TokenUsage { InputUncached = 78, CacheRead = 10, CacheWrite = 0, OutputText = 296 });
        usage.Json.ShouldBe(
            """[{"input_tokens":78,"cache_creation_input_tokens":0,"cache_read_input_tokens":10,"output_tokens":1,"service_tier":"standard"},{"output_tokens":296}]""");
        (usage.Measured, usage.Model, usage.ResponseId, usage.ServiceTier).ShouldBe((true, "claude-x", "msg_1", "standard"));
    }

    [Fact]
    public void Events_CutBeforeTheEnd_TheStartsOutputIsNoMeasure()
    {
        var usage = Stream(
            """{"type":"message_start","message":{"model":"claude-x","usage":{"input_tokens":78,"output_tokens":1}}}""",
            """{"type":"content_block_delta","index":0,"delta":{"type":"text_delta","text":"five tokens of an answer"}}""");
        usage.Measured.ShouldBeFalse();
        usage.Complete(inputBytes: 9999, outputBytes: 24).ShouldBe((new TokenUsage { InputUncached = 78, OutputText = 6 }, true));
    }

    [Fact]
    public void Events_SeveralStepsWriteMoreThanTheSplitTells_TheRestIsForMinutesAndFlagged()
    {
        var usage = Stream(
            """{"type":"message_start","message":{"model":"claude-x","usage":{"input_tokens":100,"cache_creation_input_tokens":500,"cache_read_input_tokens":0,"cache_creation":{"ephemeral_5m_input_tokens":0,"ephemeral_1h_input_tokens":500},"output_tokens":1}}}""",
            """{"type":"message_delta","usage":{"input_tokens":9000,"cache_creation_input_tokens":1700,"cache_read_input_tokens":1500,"output_tokens":400,"server_tool_use":{"web_search_requests":3,"web_fetch_requests":0}}}""");
        var tokens = usage.Tokens!;
        (tokens.InputUncached, tokens.CacheRead, tokens.CacheWrite, tokens.CacheWriteHour, tokens.OutputText).ShouldBe((9000L, 1500L, 1200L, 500L, 400L));
        tokens.BilledCalls!.ShouldBe([new("web_search", 3)]);
        usage.Flags.Count.ShouldBe(1);
    }

    [Fact]
    public void Events_SplitBeyondItsTotal_IsAViolation() => Body(
            """{"input_tokens":1,"output_tokens":1,"cache_creation_input_tokens":5,"cache_creation":{"ephemeral_5m_input_tokens":4,"ephemeral_1h_input_tokens":4}}""")
        .Violations.ShouldBe(["cache_write"]);

    private static ReportedUsage Body(string usage)
    {
        var reader = new MessagesUsageReader();
        reader.ReadBody(Encoding.UTF8.GetBytes($$"""{"id":"msg_1","type":"message","model":"claude-x","content":[],"usage":{{usage}} }"""));
        return reader.Report();
    }

    private static ReportedUsage Stream(params string[] events)
    {
        var reader = new MessagesUsageReader();
        foreach (var data in events) reader.ReadEvent(Encoding.UTF8.GetBytes(data));
        return reader.Report();
    }
}
