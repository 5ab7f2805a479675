using Espalier.Contracts.Runs;
using Espalier.Contracts.Search;
using Espalier.Core.Tests.Search.World;

namespace Espalier.Core.Tests.Search;

/// <summary>A session that is killed anywhere and resumed writes the log that an unbroken one writes.</summary>
public sealed class SessionResumeTests
{
    [Fact]
    public async Task RunAsync_KilledAtEveryEvent_ResumesToTheUnbrokenLog()
    {
        var plan = SessionWorld.Plan(maxRounds: 4) with { EvaluationCases = 40 };
        var log = await UnbrokenAsync(plan);
        var events = log.Split('\n').Length;
        events.ShouldBeGreaterThan(60);
        for (var appends = 0; appends < events - 1; appends++)
        {
            var world = await SessionWorld.CreateAsync(plan, TriageCases.Make(120));
            await Should.ThrowAsync<ProcessDied>(() => world.RunAsync(new DyingStore(world.Sessions, appends)));
            // Every other time the cache is lost as well.
            if (appends % 2 == 1) world.ForgetRuns();
            await world.RunAsync();
            await world.LogShouldBeAsync(log, $"killed after {appends} appends");
        }
    }

    [Fact]
    public async Task RunAsync_KilledAgainAndAgain_ResumesToTheUnbrokenLog()
    {
        var plan = SessionWorld.Plan(seed: 3, maxRounds: 6) with { EvaluationCases = 40 };
        var log = await UnbrokenAsync(plan);
        var world = await SessionWorld.CreateAsync(plan, TriageCases.Make(120));
        for (var i = 0; i < 1000 && !(await TryAsync(world)); i++)
        {
        }

        await world.LogShouldBeAsync(log);

        static async Task<bool> TryAsync(SessionWorld world)
        {
            try
            {
                return (await world.RunAsync(new DyingStore(world.Sessions, 1))).HasEnded;
            }
            catch (ProcessDied)
            {
                return false;
            }
        }
    }

    [Theory]
    [InlineData(1)]
    [InlineData(30)]
    [InlineData(77)]
    [InlineData(200)]
    [InlineData(380)]
    public async Task RunAsync_CancelledInTheMiddleOfABlock_ResumesToTheUnbrokenLog(int run)
    {
        var plan = SessionWorld.Plan(maxRounds: 4) with { EvaluationCases = 40 };
        var log = await UnbrokenAsync(plan);
        var world = await SessionWorld.CreateAsync(plan, TriageCases.Make(120));
        using var stop = new CancellationTokenSource();
        world.Runner.Before = (number, _) =>
        {
            if (number == run) stop.Cancel();
            stop.Token.ThrowIfCancellationRequested();
            return null;
        };
        await Should.ThrowAsync<OperationCanceledException>(() => world.RunAsync(cancellationToken: stop.Token));
        world.Runner.Before = (_, _) => null;
        await world.RunAsync();
        await world.LogShouldBeAsync(log);
    }

    [Fact]
    public async Task RunAsync_BrokenBaselineKilledBeforeItIsSaid_FailsAllTheSame()
    {
        var log = "";
        for (var appends = 2; appends >= 0; appends--)
        {
            var world = await SessionWorld.CreateAsync(SessionWorld.Plan());
            world.Runner.Before = (_, _) => new Outcome.Failed(Boundary.Agent, "The agent ended with exit code 1.", "");
            if (appends < 2) await Should.ThrowAsync<ProcessDied>(() => world.RunAsync(new DyingStore(world.Sessions, appends)));
            await world.RunAsync();
            if (appends == 2) log = await world.LogAsync();
            await world.LogShouldBeAsync(log, $"killed after {appends} appends");
            (await world.EventsAsync())[^1].ShouldBeOfType<SessionEvent.SessionFailed>();
        }
    }

    private static async Task<string> UnbrokenAsync(SessionPlan plan)
    {
        var world = await SessionWorld.CreateAsync(plan, TriageCases.Make(120));
        (await world.RunAsync()).Points.ShouldNotBeNull();
        return await world.LogAsync();
    }
}
