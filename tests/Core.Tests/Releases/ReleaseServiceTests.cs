using Espalier.Contracts.Agents;
using Espalier.Contracts.Frontiers;
using Espalier.Contracts.Releases;
using Espalier.Contracts.Search;
using Espalier.Contracts.Shared;
using Espalier.Core.Releases;
using Espalier.Core.Shared;
using Espalier.Core.Tests.Search.World;
using Espalier.Testing.Fakes;

namespace Espalier.Core.Tests.Releases;

public sealed class ReleaseServiceTests : IDisposable
{
    private readonly ManualTime _time = new();
    private readonly InMemoryReleaseStore _store = new();
    private readonly InMemoryAgentRepository _repository = new();
    private readonly InMemorySessionStore _sessions = new();
    private readonly InMemoryAuditLog _audit;
    private readonly ReleaseService _service;
    private readonly AgentVersion _first, _second, _third;

    public ReleaseServiceTests()
    {
        _audit = new InMemoryAuditLog(_time);
        _service = Service();
        _first = _repository.Add("a", new Dictionary<string, string> { ["p.md"] = "one" });
        _second = _repository.Add("a", new Dictionary<string, string> { ["p.md"] = "two" });
        _third = _repository.Add("a", new Dictionary<string, string> { ["p.md"] = "three" });
    }

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    public void Dispose() => _service.Dispose();

    [Fact]
    public async Task RegisterAsync_FirstVersion_ServesAndASecondRegistrationDoesNot()
    {
        (await RefusedAsync(() => _service.FindProductionAsync("a", Cancellation))).Code.ShouldBe("agent-not-found");
        await _service.RegisterAsync("a", _first.Id, "ann", Cancellation);
        await _service.RegisterAsync("a", _second.Id, "ann", Cancellation);
        (await _service.FindProductionAsync("a", Cancellation)).ShouldBe(_first.Id);
        (await ActsAsync()).ShouldBe(["agent.registered"]);
    }

    [Fact]
    public async Task RequestAsync_Version_ChangesNothingBeforeTheApproval()
    {
        await _service.RegisterAsync("a", _first.Id, "ann", Cancellation);
        var release = await RequestAsync(_second);
        release.State.ShouldBe(ReleaseState.AwaitingApproval);
        (release.Version, release.Baseline, release.Session).ShouldBe((_second.Id, _first.Id, null));
        release.Digest.Length.ShouldBe(64);
        (await ServedAsync()).ShouldBe(_first.Id);
    }

    [Fact]
    public async Task ApproveAsync_DigestThatWasShown_ServesAtOnceAndAfterARestart()
    {
        await _service.RegisterAsync("a", _first.Id, "ann", Cancellation);
        var release = await RequestAsync(_second);
        (await _service.ApproveAsync("a", release.Id, release.Digest, "bob", Cancellation)).State.ShouldBe(ReleaseState.Full);
        (await ServedAsync()).ShouldBe(_second.Id);
        (await ActsAsync()).ShouldBe(["agent.registered", "release.requested", "release.approved"]);
        (await _audit.ReadAsync(2, 1, Cancellation))[0].Act.ShouldSatisfyAllConditions(
            act => act.Principal.ShouldBe("bob"), act => act.Target.ShouldBe(release.Id.Value), act => act.Detail.ShouldContain(release.Digest));
        (await _audit.FindFirstBadAsync(Cancellation)).ShouldBeNull();
    }

    [Fact]
    public async Task ApproveAsync_AnotherDigest_IsVoidAndChangesNothing()
    {
        await _service.RegisterAsync("a", _first.Id, "ann", Cancellation);
        var release = await RequestAsync(_second);
        (await RefusedAsync(() => _service.ApproveAsync("a", release.Id, "guess", "bob", Cancellation))).Code.ShouldBe("approval-void");
        (await RefusedAsync(() => _service.ApproveAsync("a", release.Id, "", "bob", Cancellation))).Status.ShouldBe(409);
        (await ServedAsync()).ShouldBe(_first.Id);
    }

    [Fact]
    public async Task ApproveAsync_ProductionMovedMeanwhile_IsVoid()
    {
        await _service.RegisterAsync("a", _first.Id, "ann", Cancellation);
        var (early, late) = (await RequestAsync(_second), await RequestAsync(_third));
        await ApproveAsync(late);
        (await RefusedAsync(() => ApproveAsync(early))).Code.ShouldBe("approval-void");
        (await ServedAsync()).ShouldBe(_third.Id);
    }

    [Fact]
    public async Task ApproveAsync_EvidenceChangedMeanwhile_IsVoid()
    {
        await _service.RegisterAsync("a", _first.Id, "ann", Cancellation);
        var session = await ConfirmedAsync("ses_1", _second.Id, 0.8);
        var release = await RequestAsync(_second);
        release.Session.ShouldBe(session);
        var other = await _service.RequestAsync(new RequestRelease { Agent = "a", Version = _second.Id.Value, Session = new SessionId("ses_none") }, "ann", Cancellation);
        other.Digest.ShouldNotBe(release.Digest, "other evidence is another digest");
        await _sessions.AppendAsync(session, 4, new SessionEvent.SessionCompleted([Point(_second.Id, 0.4)]), _time.GetUtcNow(), Cancellation);
        (await RefusedAsync(() => ApproveAsync(release))).Code.ShouldBe("approval-void");
    }

    [Fact]
    public async Task ApproveAsync_TwiceOrUnknown_IsRefused()
    {
        await _service.RegisterAsync("a", _first.Id, "ann", Cancellation);
        var release = await RequestAsync(_second);
        await ApproveAsync(release);
        (await RefusedAsync(() => ApproveAsync(release))).Code.ShouldBe("release-not-waiting");
        (await RefusedAsync(() => ApproveAsync(release with { Id = new ReleaseId("rel_none") }))).Code.ShouldBe("release-not-found");
    }

    [Fact]
    public async Task RequestAsync_WhatServesAlreadyOrIsNotThere_IsRefused()
    {
        (await RefusedAsync(() => RequestAsync(_second))).Code.ShouldBe("agent-not-found");
        await _service.RegisterAsync("a", _first.Id, "ann", Cancellation);
        (await RefusedAsync(() => RequestAsync(_first))).Code.ShouldBe("release-needless");
        (await RefusedAsync(() => _service.RequestAsync(new RequestRelease { Agent = "a", Version = "ffffffff" }, "ann", Cancellation))).Code.ShouldBe("version-not-found");
    }

    [Fact]
    public async Task RollBackAsync_AfterTwoReleases_GoesBackStepByStep()
    {
        await _service.RegisterAsync("a", _first.Id, "ann", Cancellation);
        var (second, third) = (await ReleaseAsync(_second), await ReleaseAsync(_third));
        (await StatesAsync()).ShouldBe([(second.Id, ReleaseState.Replaced), (third.Id, ReleaseState.Full)]);

        (await _service.RollBackAsync("a", "escalations rose", "ann", Cancellation)).ShouldSatisfyAllConditions(
            release => release.Id.ShouldBe(third.Id), release => release.State.ShouldBe(ReleaseState.RolledBack));
        (await ServedAsync()).ShouldBe(_second.Id);
        (await StatesAsync()).ShouldBe([(second.Id, ReleaseState.Full), (third.Id, ReleaseState.RolledBack)]);

        (await _service.RollBackAsync("a", "again", "ann", Cancellation)).Id.ShouldBe(second.Id);
        (await ServedAsync()).ShouldBe(_first.Id);
        (await StatesAsync()).ShouldBe([(second.Id, ReleaseState.RolledBack), (third.Id, ReleaseState.RolledBack)]);

        (await RefusedAsync(() => _service.RollBackAsync("a", "once more", "ann", Cancellation))).Code.ShouldBe("nothing-to-roll-back");
        (await ActsAsync()).TakeLast(2).ShouldBe(["release.rolled_back", "release.rolled_back"]);
        (await _audit.ReadAsync(5, 1, Cancellation))[0].Act.Detail.ShouldContain("escalations rose");
    }

    [Fact]
    public async Task RollBackAsync_ThenReleaseAgain_GoesOnFromThere()
    {
        await _service.RegisterAsync("a", _first.Id, "ann", Cancellation);
        await ReleaseAsync(_second);
        await _service.RollBackAsync("a", "why", "ann", Cancellation);
        await ReleaseAsync(_third);
        await ReleaseAsync(_second);
        await _service.RollBackAsync("a", "why", "ann", Cancellation);
        (await ServedAsync()).ShouldBe(_third.Id);
        await _service.RollBackAsync("a", "why", "ann", Cancellation);
        (await ServedAsync()).ShouldBe(_first.Id);
    }

    [Fact]
    public async Task RollBackAsync_FirstVersion_IsRefused()
    {
        await _service.RegisterAsync("a", _first.Id, "ann", Cancellation);
        (await RefusedAsync(() => _service.RollBackAsync("a", "why", "ann", Cancellation))).Code.ShouldBe("nothing-to-roll-back");
        (await RefusedAsync(() => _service.RollBackAsync("nobody", "why", "ann", Cancellation))).Status.ShouldBe(409);
    }

    [Fact]
    public async Task ApproveAsync_ManyAtOnce_OnlyOneGoesOut()
    {
        await _service.RegisterAsync("a", _first.Id, "ann", Cancellation);
        var releases = new[] { await RequestAsync(_second), await RequestAsync(_third), await RequestAsync(_second), await RequestAsync(_third) };
        var results = await Task.WhenAll(releases.Select(release => Task.Run(async () =>
        {
            try
            {
                await ApproveAsync(release);
                return true;
            }
            catch (Refusal)
            {
                return false;
            }
        })));
        results.Count(approved => approved).ShouldBe(1);
        (await StatesAsync()).Count(release => release.State == ReleaseState.Full).ShouldBe(1);
    }

    private ReleaseService Service() => new(_store, _audit, _repository, _sessions, _time);

    private Task<Release> RequestAsync(AgentVersion version)
    {
        _time.Advance(TimeSpan.FromSeconds(1));
        return _service.RequestAsync(new RequestRelease { Agent = "a", Version = version.Id.Value[..8] }, "ann", Cancellation);
    }

    private Task<Release> ApproveAsync(Release release) => _service.ApproveAsync("a", release.Id, release.Digest, "bob", Cancellation);

    private async Task<Release> ReleaseAsync(AgentVersion version) => await ApproveAsync(await RequestAsync(version));

    /// <summary>What serves: by the service that made the change and by one that reads the events anew.</summary>
    private async Task<VersionId> ServedAsync()
    {
        using var restarted = Service();
        var served = await restarted.FindProductionAsync("a", Cancellation);
        (await _service.FindProductionAsync("a", Cancellation)).ShouldBe(served);
        return served;
    }

    private async Task<List<(ReleaseId Id, ReleaseState State)>> StatesAsync() =>
        [.. (await _service.FoldAsync("a", Cancellation)).Releases.Select(release => (release.Id, release.State))];

    private async Task<List<string>> ActsAsync() => [.. (await _audit.ReadAsync(0, 100, Cancellation)).Select(entry => entry.Act.Action)];

    private static async Task<Refusal> RefusedAsync(Func<Task> act)
    {
        var refusal = await Should.ThrowAsync<Refusal>(act);
        refusal.Fix.ShouldNotBeNullOrWhiteSpace();
        return refusal;
    }

    private async Task<SessionId> ConfirmedAsync(string name, VersionId version, double rate)
    {
        var session = new SessionId(name);
        await _sessions.CreateAsync(new SessionHeader(session, "a", null, _time.GetUtcNow()), Cancellation);
        await _sessions.AppendAsync(session, 1, new SessionEvent.Started(SessionWorld.Plan(), _first), _time.GetUtcNow(), Cancellation);
        await _sessions.AppendAsync(session, 2, new SessionEvent.Shortlisted([version]), _time.GetUtcNow(), Cancellation);
        await _sessions.AppendAsync(session, 3, new SessionEvent.SessionCompleted([Point(version, rate)]), _time.GetUtcNow(), Cancellation);
        return session;
    }

    private static FrontierPoint Point(VersionId version, double rate) => new()
    {
        Version = version, IsBaseline = false, OnFrontier = true, Cases = 100, PassRate = new Interval(rate, rate - 0.1, rate + 0.1), CostPerRequest = new Usd(100),
        CostLow = new Usd(90), CostHigh = new Usd(110), Difference = new Interval(0.2, 0.1, 0.3), Wins = 20, Losses = 0, Edits = [],
    };
}
