using System.Text;
using Espalier.Contracts.Traces;
using Espalier.Gateway.Accounting.Usage;

namespace Espalier.Gateway.Tests.Accounting.Usage;

public sealed class GeminiUsageReaderTests
{
    [Fact]
    public void Body_CachedThoughtsAndToolPrompts_AreDisjoint()
    {
        var usage = Body(
            """
            {"candidates":[{"finishReason":"STOP"}],"modelVersion":"gemini-2.5-pro","responseId":"g1","usageMetadata":
             {"promptTokenCount":1000,"cachedContentTokenCount":600,"toolUsePromptTokenCount":50,"candidatesTokenCount":20,"thoughtsTokenCount":30,"totalTokenCount":1100,"serviceTier":"standard"}}
            """);
        usage.Tokens.ShouldBe(new TokenUsage { InputUncached = 450, CacheRead = 600, OutputText = 20, OutputReasoning = 30 });
        (usage.Model, usage.ResponseId, usage.ServiceTier, usage.Measured).ShouldBe(("gemini-2.5-pro", "g1", "standard", true));
        usage.Violations.ShouldBeEmpty();
    }

    [Fact]
    public void Body_Sound_IsToldApart_AndCachedSoundIsCached() => Body(
            """
            {"usageMetadata":{"promptTokenCount":1000,"cachedContentTokenCount":300,"candidatesTokenCount":20,"totalTokenCount":1020,
             "promptTokensDetails":[{"modality":"TEXT","tokenCount":200},{"modality":"AUDIO","tokenCount":800}],"cacheTokensDetails":[{"modality":"AUDIO","tokenCount":300}]}}
            """)
        .Tokens.ShouldBe(new TokenUsage { InputUncached = 200, CacheRead = 300, InputAudio = 500, OutputText = 20 });

    [Fact]
    public void Body_VertexsNumbersForWords_AreUnderstood()
    {
        var usage = Body(
            """{"usageMetadata":{"promptTokenCount":11,"candidatesTokenCount":17,"totalTokenCount":28,"trafficType":2,"promptTokensDetails":[{"modality":4,"tokenCount":11}]}}""");
        usage.Tokens.ShouldBe(new TokenUsage { InputUncached = 0, InputAudio = 11, OutputText = 17 });
        usage.ServiceTier.ShouldBe("provisioned");
        usage.Flags.Count.ShouldBe(1);
    }

    [Fact]
    public void Body_BlockedPrompt_HasUsageAndNoOutput()
    {
        var usage = Body("""{"promptFeedback":{"blockReason":"SAFETY"},"usageMetadata":{"promptTokenCount":12,"totalTokenCount":12}}""");
        usage.Tokens.ShouldBe(new TokenUsage { InputUncached = 12, OutputText = 0 });
        usage.Measured.ShouldBeTrue();
    }

    [Fact]
    public void Body_TotalThatIsNotTheSum_IsAViolation() =>
        Body("""{"usageMetadata":{"promptTokenCount":12,"candidatesTokenCount":3,"totalTokenCount":99}}""").Violations.ShouldBe(["total"]);

    [Fact]
    public void Body_ArrayOfChunks_IsReadAsAStream() => Body(
            """[{"usageMetadata":{"promptTokenCount":12,"totalTokenCount":12}},{"candidates":[{"finishReason":"STOP"}],"usageMetadata":{"promptTokenCount":12,"candidatesTokenCount":8,"totalTokenCount":20}}]""")
        .Tokens.ShouldBe(new TokenUsage { InputUncached = 12, OutputText = 8 });

    [Fact]
    public void Body_Grounding_CountsQueriesOnceEach() => Body(
            """
            {"candidates":[{"groundingMetadata":{"webSearchQueries":["a","b","a",""]}}],"usageMetadata":{"promptTokenCount":1,"candidatesTokenCount":1,"totalTokenCount":2}}
            """)
        .Tokens!.BilledCalls!.OrderBy(call => call.Key).ShouldBe([new("grounding_query", 2), new("grounding_request", 1)]);

    [Fact]
    public void Events_FieldsComeAndGo_TheLastOfEachHolds() => Stream(
            """{"usageMetadata":{"promptTokenCount":100,"cachedContentTokenCount":40,"thoughtsTokenCount":5,"totalTokenCount":105}}""",
            """{"usageMetadata":{"promptTokenCount":100,"candidatesTokenCount":4,"thoughtsTokenCount":9,"totalTokenCount":113}}""",
            """{"candidates":[{"finishReason":"STOP"}],"usageMetadata":{"promptTokenCount":100,"candidatesTokenCount":7,"totalTokenCount":116}}""")
        .Tokens.ShouldBe(new TokenUsage { InputUncached = 60, CacheRead = 40, OutputText = 7, OutputReasoning = 9 });

    [Fact]
    public void Events_CutBeforeAnyOutputWasCounted_OutputIsNotKnown()
    {
        var usage = Stream("""{"candidates":[{"content":{"parts":[{"text":"abcdefgh"}]}}],"usageMetadata":{"promptTokenCount":15,"totalTokenCount":15}}""");
        usage.OutputKnown.ShouldBeFalse();
        usage.Complete(1, 8).ShouldBe((new TokenUsage { InputUncached = 15, OutputText = 2 }, true));
    }

    private static ReportedUsage Body(string json)
    {
        var reader = new GeminiUsageReader();
        reader.ReadBody(Encoding.UTF8.GetBytes(json));
        return reader.Report();
    }

    private static ReportedUsage Stream(params string[] events)
    {
        var reader = new GeminiUsageReader();
        foreach (var data in events) reader.ReadEvent(Encoding.UTF8.GetBytes(data));
        return reader.Report();
    }
}
