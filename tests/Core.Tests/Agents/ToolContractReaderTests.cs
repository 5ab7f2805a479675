using Espalier.Contracts.Agents;
using Espalier.Core.Agents;
using Espalier.Core.Runs;
using Espalier.Core.Shared;

namespace Espalier.Core.Tests.Agents;

public sealed class ToolContractReaderTests
{
    [Fact]
    public void Read_AllKeys_AreTaken()
    {
        var tools = Read("""
            orders: { mcp: stdio, command: /opt/orders, environment: { A: b }, secrets: [TOKEN], writes: always, writes_by_name: { 'get_*': never }, miss: readonly, timeout: 5s, max_answer_kb: 64 }
            search: { mcp: http, url: "https://mcp.example.com/mcp", headers: { Authorization: "Bearer ${KEY}" }, secrets: [KEY] }
            tickets: { http: "http://127.0.0.1:8080/api", allow: [GET /tickets/**, POST /tickets], miss: simulate }
            """);

        tools.Select(tool => (tool.Name, tool.Protocol, tool.Writes, tool.Miss)).ShouldBe(
        [
            ("orders", ToolProtocol.Stdio, ToolWrites.Always, ToolMiss.Readonly),
            ("search", ToolProtocol.Http, ToolWrites.Annotated, ToolMiss.Fail),
            ("tickets", ToolProtocol.Rest, ToolWrites.Annotated, ToolMiss.Simulate),
        ]);
        (tools[0].Timeout, tools[0].MaxAnswerBytes, tools[0].WritesByName["get_*"]).ShouldBe((TimeSpan.FromSeconds(5), 64 << 10, ToolWrites.Never));
        tools[2].Allow.Count.ShouldBe(2);
    }

    [Theory]
    [InlineData("Orders: { mcp: stdio, command: x }", "is no name")]
    [InlineData("a: { command: x }", "'tools.a.mcp' is missing")]
    [InlineData("a: { mcp: stdio, http: 'https://x.example' }", "stands beside")]
    [InlineData("a: { mcp: sse, url: 'https://x.example' }", "is 'sse'")]
    [InlineData("a: { mcp: stdio }", "'tools.a.command' is missing")]
    [InlineData("a: { mcp: stdio, command: x, url: 'https://x.example' }", "means nothing")]
    [InlineData("a: { mcp: http }", "'tools.a.url' is missing")]
    [InlineData("a: { mcp: http, url: 'http://mcp.example.com' }", "is 'http://mcp.example.com'")]
    [InlineData("a: { mcp: http, url: 'https://me:pw@mcp.example.com' }", "without user")]
    [InlineData("a: { mcp: http, url: 'file:///etc/passwd' }", "https")]
    [InlineData("a: { http: 'https://x.example' }", "'tools.a.allow' is missing")]
    [InlineData("a: { http: 'https://x.example', allow: ['FETCH /a'] }", "holds 'FETCH /a'")]
    [InlineData("a: { http: 'https://x.example', allow: ['GET a'] }", "holds 'GET a'")]
    [InlineData("a: { mcp: http, url: 'https://x.example', headers: { Host: y } }", "holds 'Host'")]
    [InlineData("a: { mcp: http, url: 'https://x.example', headers: { X-HTTP-Method-Override: DELETE } }", "X-HTTP-Method-Override")]
    [InlineData("a: { mcp: http, url: 'https://x.example', headers: { A: '${KEY}' } }", "secrets: [KEY]")]
    [InlineData("a: { mcp: stdio, command: x, secrets: [key] }", "holds 'key'")]
    [InlineData("a: { mcp: stdio, command: x, miss: never }", "is 'never'")]
    [InlineData("a: { mcp: stdio, command: x, writes: maybe }", "is 'maybe'")]
    [InlineData("a: { mcp: stdio, command: x, timeout: 1h }", "is '1h'")]
    [InlineData("a: { mcp: stdio, command: x, comand: y }", "is not a known key")]
    public void Read_Mistake_IsRefusedInWords(string tools, string expected) =>
        Should.Throw<Refusal>(() => Read(tools)).Message.ShouldContain(expected);

    [Fact]
    public void Digest_OfWhatDecidesWhomItReaches_Changes()
    {
        var plain = Read("a: { mcp: stdio, command: x }")[0];

        (ToolContract Tool, bool Same)[] others =
        [
            (plain with { Timeout = TimeSpan.FromSeconds(1), MaxAnswerBytes = 1024 }, true),
            (plain with { Command = "y" }, false),
            (plain with { Secrets = ["A"] }, false),
            (plain with { Environment = new Dictionary<string, string> { ["A"] = "b" } }, false),
            (plain with { Writes = ToolWrites.Never }, false),
            (plain with { WritesByName = new Dictionary<string, ToolWrites> { ["a"] = ToolWrites.Never } }, false),
            (plain with { Miss = ToolMiss.Readonly }, false),
            (plain with { Headers = new Dictionary<string, string> { ["A"] = "b" } }, false),
        ];
        foreach (var (tool, same) in others) (ToolFingerprints.Of(tool) == ToolFingerprints.Of(plain)).ShouldBe(same);
    }

    private static IReadOnlyList<ToolContract> Read(string tools) => ContractReader.Read($$"""
        agent: a
        run: { command: x }
        artifacts: { prompt: [p/**] }
        judge: { expected: exact }
        tools:
          {{tools.Replace("\n", "\n  ", StringComparison.Ordinal)}}
        """).Tools;
}
