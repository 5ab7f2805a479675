using Espalier.Loop.Tests.Agents;
using Espalier.Loop.Tests.Failures;

namespace Espalier.Loop.Tests.Search;

/// <summary>An agent of one process a request, judged by a command of its own.</summary>
public sealed class VerifierTests(Served served)
{
    private const string Verifier = """
        import json, sys
        case = json.load(sys.stdin)
        right = case["output"].strip().lower() == case["reference"].strip().lower()
        print(json.dumps({"pass": right, "reason": "the same word" if right else "another word"}))
        sys.exit(0 if right else 1)
        """;

    [Fact]
    public async Task Optimize_StdioAgentWithVerifier_ConfirmsAFrontier()
    {
        var place = await served.PlaceAsync();
        SmallAgent.Write(place, "verified", SmallAgent.HonestStdio, SmallAgent.Contract("verified", "stdio", judge: "verifier: python3 verify.py"));
        place.Write("verified/verify.py", Verifier);

        var ended = await place.RunAsync(
            "optimize", "-C", "verified", "--data", place["cases.jsonl"], "--budget", "0.02usd", "--max-rounds", "1", "--evaluation-cases", "8", "--json");

        ended.Exit.ShouldBeOneOf([0, 7], ended.ToString());
        var points = ended.Json.GetProperty("points").EnumerateArray().ToArray();
        points.ShouldNotBeEmpty();
        points.Count(point => point.GetProperty("is_baseline").GetBoolean()).ShouldBe(1);
        ended.Json.GetProperty("money").GetProperty("spent").GetProperty("nano_usd").GetInt64()
            .ShouldBe(ended.Json.GetProperty("money").GetProperty("attempts").GetProperty("nano_usd").GetInt64());
    }
}
