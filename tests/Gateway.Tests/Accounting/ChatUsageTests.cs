using System.Text.Json;
using Espalier.Contracts.Traces;
using Espalier.Gateway.Accounting;

namespace Espalier.Gateway.Tests.Accounting;

public sealed class ChatUsageTests
{
    [Fact]
    public void Read_CachedAndReasoning_AreTakenOutOfTheirTotals() => Read(
            """{"prompt_tokens":100,"completion_tokens":50,"total_tokens":150,"prompt_tokens_details":{"cached_tokens":60,"cache_write_tokens":10},"completion_tokens_details":{"reasoning_tokens":20}}""")
        .ShouldBe(new TokenUsage { InputUncached = 30, CacheRead = 60, CacheWrite = 10, OutputText = 30, OutputReasoning = 20 });

    [Fact]
    public void Read_NoDetails_AreUnknownAndNotZero() =>
        Read("""{"prompt_tokens":7,"completion_tokens":3}""").ShouldBe(new TokenUsage { InputUncached = 7, OutputText = 3 });

    [Fact]
    public void Read_TotalBeyondTheSum_IsReasoningOnTop() =>
        Read("""{"prompt_tokens":7,"completion_tokens":3,"total_tokens":30}""")!.OutputTotal().ShouldBe(23);

    [Theory]
    [InlineData("null")]
    [InlineData("{}")]
    [InlineData("""{"prompt_tokens":"7","completion_tokens":3}""")]
    [InlineData("""{"prompt_tokens":-7,"completion_tokens":3}""")]
    public void Read_NoUsage_IsNull(string json) => Read(json).ShouldBeNull();

    private static TokenUsage? Read(string json) => ChatUsage.Read(JsonDocument.Parse(json).RootElement);
}
