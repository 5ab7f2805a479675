using System.Text;
using Espalier.Contracts.Traces;
using Espalier.Gateway.Accounting.Usage;

namespace Espalier.Gateway.Tests.Accounting.Usage;

public sealed class ChatUsageReaderTests
{
    [Fact]
    public void Body_CachedAndReasoning_AreTakenOutOfTheirTotals() => Read(
            """{"prompt_tokens":100,"completion_tokens":50,"total_tokens":150,"prompt_tokens_details":{"cached_tokens":60,"cache_write_tokens":10},"completion_tokens_details":{"reasoning_tokens":20}}""")
        .Tokens.ShouldBe(new TokenUsage { InputUncached = 30, CacheRead = 60, CacheWrite = 10, OutputText = 30, OutputReasoning = 20 });

    [Fact]
    public void Body_Audio_IsToldApartOnBothSides() => Read(
            """{"prompt_tokens":100,"completion_tokens":50,"total_tokens":150,"prompt_tokens_details":{"cached_tokens":10,"audio_tokens":30},"completion_tokens_details":{"reasoning_tokens":0,"audio_tokens":35,"accepted_prediction_tokens":0,"rejected_prediction_tokens":4}}""")
        .Tokens.ShouldBe(new TokenUsage { InputUncached = 60, CacheRead = 10, InputAudio = 30, OutputText = 15, OutputReasoning = 0, OutputAudio = 35 });

    [Fact]
    public void Body_NoDetails_AreUnknownAndNotZero()
    {
        var usage = Read("""{"prompt_tokens":7,"completion_tokens":3}""");
        usage.Tokens.ShouldBe(new TokenUsage { InputUncached = 7, OutputText = 3 });
        usage.Measured.ShouldBeTrue();
    }

    [Theory]
    [InlineData("""{"prompt_tokens":7,"completion_tokens":3,"total_tokens":30}""", 3, 20)]
    [InlineData("""{"prompt_tokens":7,"completion_tokens":3,"total_tokens":30,"completion_tokens_details":{"reasoning_tokens":20}}""", 3, 20)]
    [InlineData("""{"prompt_tokens":7,"completion_tokens":3,"total_tokens":30,"completion_tokens_details":{"reasoning_tokens":21}}""", 2, 21)]
    public void Body_TotalBeyondTheSum_IsReasoningOnTop(string json, long text, long reasoning)
    {
        var usage = Read(json);
        (usage.Tokens!.OutputText, usage.Tokens.OutputReasoning).ShouldBe((text, reasoning));
        usage.Violations.ShouldBeEmpty();
    }

    [Theory]
    [InlineData("""{"prompt_tokens":1000,"completion_tokens":1,"total_tokens":1001,"prompt_cache_hit_tokens":900,"prompt_cache_miss_tokens":100}""")]
    [InlineData("""{"prompt_tokens":1000,"completion_tokens":1,"total_tokens":1001,"cached_tokens":900}""")]
    [InlineData("""{"prompt_tokens":1000,"completion_tokens":1,"total_tokens":1001,"num_cached_tokens":900}""")]
    public void Body_CacheCountOfACompatibleServer_IsFoundWhereItLies(string json) =>
        Read(json).Tokens.ShouldBe(new TokenUsage { InputUncached = 100, CacheRead = 900, OutputText = 1 });

    [Theory]
    [InlineData("""{"prompt_tokens":10,"completion_tokens":5,"total_tokens":14}""", "total")]
    [InlineData("""{"prompt_tokens":10,"completion_tokens":5,"total_tokens":15,"prompt_tokens_details":{"cached_tokens":11}}""", "cached")]
    [InlineData("""{"prompt_tokens":10,"completion_tokens":5,"total_tokens":15,"completion_tokens_details":{"reasoning_tokens":6}}""", "output_details")]
    public void Body_CountsThatContradictEachOther_AreAViolation(string json, string violation) => Read(json).Violations.ShouldContain(violation);

    [Theory]
    [InlineData("null")]
    [InlineData("{}")]
    [InlineData("[1]")]
    [InlineData("""{"prompt_tokens":"7"}""")]
    [InlineData("""{"completion_tokens":-7}""")]
    public void Body_NoUsage_IsNull(string json)
    {
        var usage = Read(json);
        usage.Tokens.ShouldBeNull();
        usage.Json.ShouldBeNull();
        usage.Complete(400, 40).ShouldBe((new TokenUsage { InputUncached = 100, OutputText = 10 }, true));
    }

    [Fact]
    public void Body_OneSideOnly_HasTheOtherEstimatedAndSaysSo() =>
        Read("""{"prompt_tokens":7,"completion_tokens":null}""").Complete(4000, 40)
            .ShouldBe((new TokenUsage { InputUncached = 7, OutputText = 10 }, true));

    [Fact]
    public void Body_Reply_TellsTierModelAndItsOwnWords()
    {
        var reader = new ChatUsageReader();
        reader.ReadBody("""{"id":"c1","model":"gpt-5-2025-08-07","service_tier":"flex","choices":[{"message":{"content":"\"usage\": {}"}}],"usage": {"prompt_tokens":1, "completion_tokens":2}}"""u8);
        var usage = reader.Report();
        (usage.ResponseId, usage.Model, usage.ServiceTier, usage.Json).ShouldBe(("c1", "gpt-5-2025-08-07", "flex", """{"prompt_tokens":1, "completion_tokens":2}"""));
    }

    [Fact]
    public void Events_UsageInTheLastChunk_IsRead() => Stream(
            """{"model":"m","choices":[{"delta":{"content":"a"}}],"usage":null}""",
            """{"model":"m","choices":[],"usage":{"prompt_tokens":5,"completion_tokens":6,"total_tokens":11}}""",
            "[DONE]")
        .Tokens.ShouldBe(new TokenUsage { InputUncached = 5, OutputText = 6 });

    [Fact]
    public void Events_RunningTotals_TheLastHoldsAlsoWhenTheStreamIsCut()
    {
        var usage = Stream(
            """{"model":"m","choices":[{"delta":{"content":"a"}}],"usage":{"prompt_tokens":5,"completion_tokens":1,"total_tokens":6}}""",
            """{"model":"m","choices":[{"delta":{"content":"b"}}],"usage":{"prompt_tokens":5,"completion_tokens":2,"total_tokens":7}}""");
        usage.Tokens.ShouldBe(new TokenUsage { InputUncached = 5, OutputText = 2 });
        usage.Measured.ShouldBeTrue();
    }

    [Fact]
    public void Events_GroqsOwnPlace_IsRead() => Stream(
            """{"model":"m","choices":[{"delta":{}}],"x_groq":{"id":"req_1","usage":{"queue_time":0.01,"prompt_tokens":12,"completion_tokens":26,"total_tokens":38}}}""")
        .Tokens.ShouldBe(new TokenUsage { InputUncached = 12, OutputText = 26 });

    [Fact]
    public void Events_NoUsageAtAll_AreEstimatedWhole() =>
        Stream("""{"model":"m","choices":[{"delta":{"content":"abcd"}}]}""").Complete(40, 8)
            .ShouldBe((new TokenUsage { InputUncached = 10, OutputText = 2 }, true));

    [Fact]
    public void Events_BrokenOnes_AreIgnoredAndWhatCameBeforeTheBreakCounts() => Stream(
            """{"model":"m","usage":{"prompt_tokens":5,"completion_tokens":6},"choices":[{"delta":""",
            """{"model":"m","usage":[[[[""",
            "not json at all \"usage\"")
        .Tokens.ShouldBe(new TokenUsage { InputUncached = 5, OutputText = 6 });

    private static ReportedUsage Read(string usage)
    {
        var reader = new ChatUsageReader();
        reader.ReadBody(Encoding.UTF8.GetBytes($$"""{"model":"m","choices":[],"usage":{{usage}} }"""));
        return reader.Report();
    }

    private static ReportedUsage Stream(params string[] events)
    {
        var reader = new ChatUsageReader();
        foreach (var data in events) reader.ReadEvent(Encoding.UTF8.GetBytes(data));
        return reader.Report();
    }
}
