using Espalier.Contracts.Search;
using Espalier.Loop.Tests.Agents;

namespace Espalier.Loop.Tests.Failures;

/// <summary>Agents that crash, hang, babble or flood: alone and as a session's baseline.</summary>
public sealed class BrokenAgentTests(Served served)
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData("crash-at-start", "jsonl", "raise RuntimeError('no such setting: SHOP')", "SHOP")]
    [InlineData("crash-per-request", "jsonl", "import sys\nfor line in sys.stdin: raise ValueError('cannot read line')", "cannot read line")]
    [InlineData("crash-stdio", "stdio", "import sys\nsys.exit('the till is empty')", "the till is empty")]
    [InlineData("hang", "jsonl", "import sys, time\nfor line in sys.stdin: time.sleep(600)", "1.0 s")]
    [InlineData("garbage", "jsonl", "import sys\nfor line in sys.stdin: print('\\x1b[31mhello? <b>', flush=True)", "")]
    [InlineData("flood", "stdio", "import sys\nfor i in range(1600): sys.stdout.write('x' * 65536)", "")]
    [InlineData("flood-jsonl", "jsonl", "import sys\nfor line in sys.stdin:\n  for i in range(1600): sys.stdout.write('x' * 65536)", "")]
    public async Task Broken_AloneAndAsBaseline_EndsWithOneMessage(string name, string protocol, string code, string word)
    {
        var place = await served.PlaceAsync();
        SmallAgent.Write(place, name, code, SmallAgent.Contract(name, protocol, timeout: name == "hang" ? "1s" : "20s"));

        var alone = (await place.RunAsync("run", "--input", "hello", "-C", name)).Failed(9, word);
        alone.Err.Length.ShouldBeLessThan(3000);
        alone.Err.ShouldNotContain('\x1b');

        var session = (await place.RunAsync("optimize", "-C", name, "--data", place["cases.jsonl"], "--budget", "0.02usd")).Failed(9, "baseline");
        session.Err.Length.ShouldBeLessThan(4000);
        using var client = place.Client();
        var standing = (await client.Sessions.ListAsync(name, Token)).Items.ShouldHaveSingleItem();
        standing.State.ShouldBe(SessionState.Failed);
        standing.Reserved.Nano.ShouldBe(0);

        // The server took no harm.
        (await place.RunAsync("status")).Done();
    }
}
