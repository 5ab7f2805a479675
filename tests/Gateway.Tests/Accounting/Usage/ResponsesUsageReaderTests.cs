using System.Text;
using Espalier.Contracts.Traces;
using Espalier.Gateway.Accounting.Usage;

namespace Espalier.Gateway.Tests.Accounting.Usage;

public sealed class ResponsesUsageReaderTests
{
    private const string Usage =
        """{"input_tokens":100,"input_tokens_details":{"cached_tokens":60,"cache_write_tokens":10},"output_tokens":50,"output_tokens_details":{"reasoning_tokens":20},"total_tokens":150}""";

    private static readonly TokenUsage Expected = new() { InputUncached = 30, CacheRead = 60, CacheWrite = 10, OutputText = 30, OutputReasoning = 20 };

    [Fact]
    public void Body_Completed_IsReadInDisjointCounts()
    {
        var usage = Body($$"""{"id":"resp_1","status":"completed","model":"gpt-5","service_tier":"default","output":[],"usage":{{Usage}} }""");
        usage.Tokens.ShouldBe(Expected);
        (usage.ResponseId, usage.Model, usage.ServiceTier, usage.Finished).ShouldBe(("resp_1", "gpt-5", "default", true));
    }

    [Theory]
    [InlineData("response.completed", "completed")]
    [InlineData("response.incomplete", "incomplete")]
    [InlineData("response.failed", "failed")]
    [InlineData("response.done", "completed")]
    public void Events_HoweverTheStreamEnds_TheUsageOfItsEndCounts(string type, string status)
    {
        var usage = Stream(
            """{"type":"response.created","response":{"id":"resp_1","status":"in_progress","model":"gpt-5","usage":null}}""",
            """{"type":"response.output_text.delta","delta":"\"usage\""}""",
            $$"""{"type":"{{type}}","response":{"id":"resp_1","status":"{{status}}","model":"gpt-5","output":[],"usage":{{Usage}} } }""");
        usage.Tokens.ShouldBe(Expected);
        usage.Measured.ShouldBeTrue();
    }

    [Fact]
    public void Body_StillInTheBackground_IsNotFinishedAndHasNothingToBill()
    {
        var usage = Body("""{"id":"resp_1","status":"queued","background":true,"model":"gpt-5","usage":null}""");
        usage.Finished.ShouldBeFalse();
        usage.Tokens.ShouldBeNull();
    }

    [Fact]
    public void Body_HostedTools_AreCountedByCallAndByContainer() => Body(
            $$"""
            {"id":"r","status":"completed","model":"m","tools":[{"type":"web_search"}],"usage":{{Usage}},"output":[
              {"type":"web_search_call","status":"completed","action":{"type":"search","query":"a"} },
              {"type":"web_search_call","status":"completed","action":{"type":"open_page","url":"u"} },
              {"type":"web_search_call","status":"completed","action":{"type":"search","query":"b"} },
              {"type":"file_search_call","queries":["x"]},
              {"type":"code_interpreter_call","container_id":"c1","code":"1"},
              {"type":"code_interpreter_call","container_id":"c1","code":"2"},
              {"type":"message","content":[]}] }
            """)
        .Tokens!.BilledCalls!.OrderBy(call => call.Key).ShouldBe([new("code_container", 1), new("file_search", 1), new("web_search", 2)]);

    [Fact]
    public void Events_ToolsOfAStream_AreCountedOnceAlsoWhenItBreaksOff()
    {
        string[] events =
        [
            """{"type":"response.created","response":{"id":"r","model":"m","tools":[{"type":"web_search_preview_2025_03_11"}],"output":[],"usage":null}}""",
            """{"type":"response.output_item.added","item":{"type":"web_search_call","id":"ws_1","status":"in_progress"}}""",
            """{"type":"response.output_item.done","item":{"type":"web_search_call","id":"ws_1","status":"completed","action":{"type":"search"} } }""",
        ];
        var broken = Stream(events);
        broken.Tokens!.BilledCalls!["web_search_preview"].ShouldBe(1);
        broken.Measured.ShouldBeFalse();
        var whole = Stream(
            [.. events, $$"""{"type":"response.completed","response":{"id":"r","model":"m","output":[{"type":"web_search_call","id":"ws_1","action":{"type":"search"} }],"usage":{{Usage}} } }"""]);
        whole.Tokens!.BilledCalls!["web_search_preview"].ShouldBe(1);
    }

    [Fact]
    public void Events_Realtime_NestedDetailsOfSoundAreRead() => Stream(
            """
            {"type":"response.done","response":{"object":"realtime.response","id":"r","status":"completed","usage":{"total_tokens":253,"input_tokens":132,"output_tokens":121,
             "input_token_details":{"text_tokens":119,"audio_tokens":13,"cached_tokens":64,"cached_tokens_details":{"text_tokens":56,"audio_tokens":8}},
             "output_token_details":{"text_tokens":30,"audio_tokens":91}}}}
            """)
        .Tokens.ShouldBe(new TokenUsage { InputUncached = 63, CacheRead = 64, InputAudio = 5, OutputText = 30, OutputAudio = 91 });

    private static ReportedUsage Body(string json)
    {
        var reader = new ResponsesUsageReader();
        reader.ReadBody(Encoding.UTF8.GetBytes(json));
        return reader.Report();
    }

    private static ReportedUsage Stream(params string[] events)
    {
        var reader = new ResponsesUsageReader();
        foreach (var data in events) reader.ReadEvent(Encoding.UTF8.GetBytes(data));
        return reader.Report();
    }
}
