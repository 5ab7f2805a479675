using Espalier.Contracts.Agents;
using Espalier.Contracts.Datasets;
using Espalier.Contracts.Runs;
using Espalier.Contracts.Shared;
using Espalier.Contracts.Traces;
using Espalier.Core.Runs;

namespace Espalier.Core.Tests.Runs;

public sealed class RetryingRunnerTests
{
    private static readonly Outcome Answered = new Outcome.Completed("r");
    private readonly InstantTime _time = new();
    private readonly List<DateTimeOffset> _tries = [];

    [Theory]
    [InlineData(Boundary.Sandbox, Purpose.Evaluation, 3)]
    [InlineData(Boundary.Provider, Purpose.Evaluation, 3)]
    [InlineData(Boundary.Sandbox, Purpose.Production, 3)]
    [InlineData(Boundary.Provider, Purpose.Production, 1)]
    [InlineData(Boundary.Agent, Purpose.Evaluation, 1)]
    [InlineData(Boundary.Tool, Purpose.Evaluation, 1)]
    public async Task Run_FailsEachTime_IsTriedWhereItWasNotTheAgentsFault(Boundary at, Purpose purpose, int tries)
    {
        var run = await RunAsync(purpose, Enumerable.Repeat<Outcome>(new Outcome.Failed(at, "no", ""), 5));
        run.Outcome.ShouldBe(new Outcome.Failed(at, "no", ""));
        _tries.Count.ShouldBe(tries);
        run.Retries.ShouldBe(tries - 1);
        run.Usage.Cost.ShouldBe(new Usd(100 * tries));
        run.Usage.InputTokens.ShouldBe(10 * tries);
    }

    [Fact]
    public async Task Run_SecondTrySucceeds_IsTheResultAndCostsBoth()
    {
        var run = await RunAsync(Purpose.Evaluation, [new Outcome.Failed(Boundary.Provider, "503", ""), Answered]);
        run.Outcome.ShouldBe(Answered);
        (run.Retries, run.Usage.Cost).ShouldBe((1, new Usd(200)));
        run.TraceId.ShouldBe(new TraceId($"{2:x32}"));
        (_tries[1] - _tries[0]).ShouldBe(TimeSpan.FromSeconds(0.5));
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Run_NotAFailure_IsNotTriedAgain(bool late)
    {
        var run = await RunAsync(Purpose.Evaluation, [late ? new Outcome.TimedOut(TimeSpan.FromSeconds(1)) : new Outcome.OverBudget(new Usd(1), "spent", null), Answered]);
        run.Retries.ShouldBe(0);
        run.Outcome.ShouldNotBe(Answered);
    }

    [Fact]
    public async Task Run_ACostIsUnknown_TheSumIs()
    {
        var run = await RunAsync(Purpose.Evaluation, [new Outcome.Failed(Boundary.Provider, "503", ""), Answered], cost: null);
        run.Usage.Cost.ShouldBeNull();
    }

    private async Task<Run> RunAsync(Purpose purpose, IEnumerable<Outcome> outcomes, long? cost = 100)
    {
        var version = new AgentVersion { Agent = "a", Id = new VersionId("v"), Tree = new TreeId("t"), Title = "t" };
        var request = new RunRequest
        {
            Version = version, Contract = null!, Input = "q", Purpose = purpose, Budget = new BudgetId("b"),
        };
        return await new RetryingRunner(new Scripted(new Queue<Outcome>(outcomes), _time, _tries, cost), _time).RunAsync(request, TestContext.Current.CancellationToken);
    }

    /// <summary>A clock on which waits are over at once, and took what they should have taken.</summary>
    private sealed class InstantTime : TimeProvider
    {
        private DateTimeOffset _now = new(2031, 5, 17, 8, 30, 0, TimeSpan.Zero);

        public override DateTimeOffset GetUtcNow() => _now;

        public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period)
        {
            _now += dueTime;
            ThreadPool.QueueUserWorkItem(_ => callback(state));
            return new Done();
        }

        private sealed class Done : ITimer
        {
            public bool Change(TimeSpan dueTime, TimeSpan period) => true;

            public void Dispose()
            {
            }

            public ValueTask DisposeAsync() => ValueTask.CompletedTask;
        }
    }

    private sealed class Scripted(Queue<Outcome> outcomes, TimeProvider time, List<DateTimeOffset> tries, long? cost) : IRunner
    {
        public Task<Run> RunAsync(RunRequest request, CancellationToken cancellationToken)
        {
            tries.Add(time.GetUtcNow());
            return Task.FromResult(new Run
            {
                Version = request.Version.Id, TraceId = new TraceId($"{tries.Count:x32}"), Outcome = outcomes.Dequeue(), Duration = TimeSpan.Zero,
                Usage = new RunUsage { Calls = 1, Attempts = 1, InputTokens = 10, OutputTokens = 1, Cost = cost is { } known ? new Usd(known) : null },
            });
        }

        public Task CoolAsync(string agent, VersionId version, CancellationToken cancellationToken) => Task.CompletedTask;
    }
}
