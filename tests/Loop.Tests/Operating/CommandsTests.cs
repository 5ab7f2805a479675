using System.Text.Json;
using Espalier.Loop.Tests.Agents;
using Espalier.Loop.Tests.Failures;
using Espalier.Loop.Tests.Programs;

namespace Espalier.Loop.Tests.Operating;

/// <summary>One agent of a user's own, from <c>init</c> to <c>rollback</c>, without any traffic.</summary>
public sealed class CommandsTests(Served served)
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task OwnAgent_FromInitToRollback_EachCommandDoesItsPart()
    {
        await using var place = new Place();
        SmallAgent.Write(place, "desk", SmallAgent.HonestStdio);
        File.Delete(place["desk/espalier.yaml"]);
        var cases = SmallAgent.WriteCases(place, each: 16);
        (await place.RunAsync("up", "--detach")).Done().Out.ShouldContain("OPENAI_BASE_URL=");

        (await place.RunAsync("init", "-C", "desk")).Done();
        (await File.ReadAllTextAsync(place["desk/espalier.yaml"], Token)).ShouldContain("python3 agent.py");
        (await place.RunAsync("init", "-C", "desk")).Failed(2, "--force");
        var doctor = await place.RunAsync("doctor", "-C", "desk", "--json");
        doctor.Exit.ShouldBe(0, doctor.ToString());
        doctor.Json.GetProperty("checks").EnumerateArray().ShouldAllBe(check => check.GetProperty("ok").GetBoolean());

        (await place.RunAsync("datasets", "import", cases, "--name", "mine", "-C", "desk")).Done();
        var answer = (await place.TypeAsync("the courier left my parcel where?", "run", "--input", "-", "--json", "-C", "desk")).Done().Json;
        answer.GetProperty("outcome").GetProperty("ended").GetString().ShouldBe("completed");
        answer.GetProperty("cost").GetProperty("nano_usd").GetInt64().ShouldBeGreaterThan(0);
        var judged = (await place.RunAsync("judge", "run", "--dataset", "mine", "--budget", "0.05usd", "--json", "-C", "desk")).Done().Json;
        judged.GetProperty("rows").GetArrayLength().ShouldBeGreaterThan(10);

        var search = await place.RunAsync("optimize", "--dataset", "mine", "--budget", "0.05usd", "--max-rounds", "2", "--json", "-C", "desk");
        search.Exit.ShouldBeOneOf([0, 7], search.ToString());
        var points = search.Json.GetProperty("points").EnumerateArray().ToArray();
        points.Length.ShouldBeGreaterThan(1);
        await ReleaseAsync(place, points.First(point => !point.GetProperty("is_baseline").GetBoolean()).GetProperty("version").GetString()!);
    }

    [Fact]
    public async Task Json_OfEveryReadingCommand_IsOneDocument()
    {
        var place = await served.PlaceAsync();
        SmallAgent.Write(place, "reader", SmallAgent.Honest);
        (await place.RunAsync("agents", "import", "reader", "--json")).Done().Json.GetProperty("agent").GetString().ShouldBe("reader");
        string[][] commands =
        [
            ["status"], ["version"], ["agents", "list"], ["agents", "show", "reader"], ["traces", "list"], ["datasets", "list"], ["sessions", "list"],
            ["releases", "list"], ["audit"], ["audit", "verify"], ["doctor"],
        ];
        foreach (var command in commands)
        {
            var ended = await place.RunAsync([.. command, "--json"]);
            ended.Exit.ShouldBe(0, string.Join(' ', command) + ended);
            ended.Json.ValueKind.ShouldBe(JsonValueKind.Object, string.Join(' ', command));
            ended.Err.ShouldBeEmpty(string.Join(' ', command));
        }

        (await place.RunAsync("sessions", "show", "no-such", "--json")).FailedJson(5, "no-such");
        (await place.RunAsync("agents", "lsit", "--json")).FailedJson(2, "list");
    }

    private static async Task ReleaseAsync(Place place, string version)
    {
        // Nobody can be asked here, so it waits for an approval and nothing serves yet.
        var asked = (await place.RunAsync("release", version, "--json", "-C", "desk")).Done().Json;
        asked.GetProperty("state").GetString().ShouldBe("awaiting_approval");
        var release = asked.GetProperty("id").GetString()!;
        (await place.RunAsync("approve", release, "-C", "desk")).Failed(2, "--digest");
        (await place.RunAsync("approve", release, "--digest", "sha256:0000", "-C", "desk")).Failed(6, "digest");
        (await ServingAsync(place)).ShouldNotBe(version);

        (await place.RunAsync("approve", release, "--digest", asked.GetProperty("digest").GetString()!, "-C", "desk")).Done();
        (await ServingAsync(place)).ShouldBe(version);

        using var client = place.Client();
        var began = TimeProvider.System.GetTimestamp();
        await client.Releases.RollBackAsync(new Contracts.Releases.RollBack { Agent = "desk", Reason = "a test" }, Token);
        TimeProvider.System.GetElapsedTime(began).ShouldBeLessThan(TimeSpan.FromSeconds(1));
        (await ServingAsync(place)).ShouldNotBe(version);
        (await place.RunAsync("rollback", "-C", "desk")).Failed(6, "roll back");
        (await place.RunAsync("audit", "verify")).Done().Out.ShouldContain("whole");
    }

    private static async Task<string?> ServingAsync(Place place) =>
        (await place.RunAsync("agents", "show", "desk", "--json")).Done().Json.GetProperty("production").GetString();
}
