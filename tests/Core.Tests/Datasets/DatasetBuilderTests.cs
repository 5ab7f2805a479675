using Espalier.Contracts.Datasets;
using Espalier.Contracts.Traces;
using Espalier.Core.Agents;
using Espalier.Core.Datasets;
using Espalier.Core.Datasets.Curators.Errors;
using Espalier.Core.Datasets.Curators.Traffic;
using Espalier.Core.Shared;
using Espalier.Testing.Fakes;

namespace Espalier.Core.Tests.Datasets;

public sealed class DatasetBuilderTests
{
    private const string Contract = "agent: a\nrun: { command: ./a }\nartifacts: { prompt: [p.md] }\njudge: { expected: normalised }\n";

    private readonly ManualTime _time = new();
    private readonly InMemoryBlobStore _blobs = new();
    private readonly InMemoryTraceStore _traces = new();
    private readonly InMemoryDatasetStore _datasets = new();

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task BuildAsync_Traffic_GivesCasesWithLineage()
    {
        for (var i = 0; i < 40; i++) await SendAsync(i, $"Refund {i}.", outcome: "refund 0");
        var revision = await BuildAsync();
        var cases = await CasesAsync(revision);
        cases.Count.ShouldBe(40);
        (revision.Search + revision.Confirm + revision.Vault).ShouldBe(40);
        (revision.Search, revision.Confirm, revision.Vault).ShouldBe((24, 10, 6));
        revision.LeftOut.ShouldBe(new Dictionary<string, int> { ["near-duplicate"] = 0, ["no-reference"] = 0 }, ignoreOrder: true);
        foreach (var one in cases)
        {
            var trace = (await _traces.FindAsync(one.Trace!.Value, Cancellation))!.Summary;
            one.Input.ShouldBe(trace.Input);
            one.Group.ShouldBe(trace.Conversation);
            one.Reference.ShouldBe("refund 0");
            one.InclusionProbability.ShouldBe(1);
            (await _datasets.FindByTraceAsync(one.Trace.Value, Cancellation)).ShouldBe([revision.Id]);
            // All but the first were answered otherwise than the outcome says.
            one.Sources.ShouldBe(trace.Output == "Refund 0." ? ["traffic"] : ["errors", "traffic"]);
        }
    }

    [Fact]
    public async Task BuildAsync_Copies_AreLeftOutAndCounted()
    {
        for (var i = 0; i < 30; i++) await SendAsync(i, "x", outcome: "y");
        for (var i = 0; i < 5; i++) await SendAsync(100 + i, "x", outcome: "y", input: Input(i).ToUpperInvariant() + " !!");
        for (var i = 0; i < 7; i++) await SendAsync(200 + i, "x", outcome: null);
        var revision = await BuildAsync();
        (await CasesAsync(revision)).Count.ShouldBe(30);
        revision.LeftOut["near-duplicate"].ShouldBe(5);
        revision.LeftOut["no-reference"].ShouldBe(7);
    }

    [Fact]
    public async Task BuildAsync_CopyWithoutAReference_DoesNotStandForTheOneThatHasOne()
    {
        for (var i = 0; i < 20; i++)
        {
            await SendAsync(i, "x", outcome: null);
            await SendAsync(100 + i, "x", outcome: "y", input: Input(i) + ".");
        }

        var revision = await BuildAsync();
        (await CasesAsync(revision)).Count.ShouldBe(20);
        revision.LeftOut["no-reference"].ShouldBe(20);
        revision.LeftOut["near-duplicate"].ShouldBe(0);
    }

    [Fact]
    public async Task BuildAsync_SameTrafficInAnotherOrderUnderOtherIds_IsTheSameRevision()
    {
        for (var i = 0; i < 30; i++) await SendAsync(i, "x", outcome: i == 7 ? "z" : "y", conversation: $"c{i / 2}");
        // The same words twice in one conversation, with another outcome: which one is kept must not depend on which came first.
        await SendAsync(50, "x", outcome: "other", conversation: "c3", input: Input(7));
        var first = await BuildAsync();

        var (traces, datasets) = (new InMemoryTraceStore(), new InMemoryDatasetStore());
        await SendAsync(950, "x", outcome: "other", conversation: "c3", input: Input(7), store: traces);
        for (var i = 29; i >= 0; i--) await SendAsync(500 + i, "x", outcome: i == 7 ? "z" : "y", conversation: $"c{i / 2}", input: Input(i), store: traces);
        var second = await Builder(traces, datasets).BuildAsync(Request(), ContractReader.Read(Contract), Cancellation);
        second.Id.ShouldBe(first.Id);
        string Words(IEnumerable<Case> cases) => string.Join('\n', cases.Select(one => $"{one.Id} {one.Split} {one.Input} {one.Reference}"));
        Words(await datasets.ReadCasesAsync(second.Id, null, Cancellation)).ShouldBe(Words(await CasesAsync(first)));
    }

    [Fact]
    public async Task BuildAsync_OneConversation_IsNeverInTwoSplits()
    {
        for (var i = 0; i < 60; i++) await SendAsync(i, "x", outcome: "y", conversation: $"c{i / 4}");
        var cases = await CasesAsync(await BuildAsync());
        cases.GroupBy(one => one.Group).ShouldAllBe(group => group.Select(one => one.Split).Distinct().Count() == 1);
    }

    [Fact]
    public async Task BuildAsync_NoConversation_GroupsByUserThenByTrace()
    {
        for (var i = 0; i < 40; i++) await SendAsync(i, "x", outcome: "y", conversation: "", user: i < 20 ? $"u{i % 4}" : null);
        var cases = await CasesAsync(await BuildAsync());
        cases.Where(one => one.Group.StartsWith('u')).Select(one => one.Group).Distinct().Count().ShouldBe(4);
        cases.Count(one => one.Group == one.Trace!.Value.Value).ShouldBe(20);
    }

    [Fact]
    public async Task BuildAsync_SizeAndCurators_AreKept()
    {
        for (var i = 0; i < 100; i++) await SendAsync(i, i % 5 == 0 ? "wrong" : "y", outcome: "y");
        var traffic = await CasesAsync(await BuildAsync(Request() with { Curators = ["traffic"], Size = 40, Dataset = "t" }));
        traffic.Count.ShouldBe(40);
        traffic.ShouldAllBe(one => one.InclusionProbability == 0.4 && one.Sources.Count == 1);
        var errors = await CasesAsync(await BuildAsync(Request() with { Curators = ["errors"], Dataset = "e" }));
        errors.Count.ShouldBe(20);
        errors.ShouldAllBe(one => one.InclusionProbability == null && one.Sources[0] == "errors");
        var other = await CasesAsync(await BuildAsync(Request() with { Curators = ["traffic"], Size = 40, Seed = 2, Dataset = "t2" }));
        other.Select(one => one.Id).Order(Comparer<CaseId>.Create((a, b) => string.CompareOrdinal(a.Value, b.Value)))
            .ShouldNotBe(traffic.Select(one => one.Id).Order(Comparer<CaseId>.Create((a, b) => string.CompareOrdinal(a.Value, b.Value))));
    }

    [Fact]
    public async Task BuildAsync_ThumbsDownAndErrors_CountAsErrors()
    {
        for (var i = 0; i < 30; i++)
        {
            await SendAsync(i, "y", outcome: "y", error: i < 10 ? "timed out" : null);
            if (i is >= 10 and < 20) await _traces.WriteFeedbackAsync([Told(i, "thumbs", null, 0)], Cancellation);
            if (i >= 20) await _traces.WriteFeedbackAsync([Told(i, "thumbs", null, 1)], Cancellation);
        }

        (await CasesAsync(await BuildAsync(Request() with { Curators = ["errors"] }))).Count.ShouldBe(20);
    }

    [Fact]
    public async Task BuildAsync_LaterOutcome_ReplacesTheEarlierOne()
    {
        for (var i = 0; i < 20; i++) await SendAsync(i, "y", outcome: "early");
        _time.Advance(TimeSpan.FromHours(1));
        for (var i = 0; i < 20; i++) await _traces.WriteFeedbackAsync([Told(i, DatasetBuilder.OutcomeFeedback, "late", null) with { Source = "desk" }], Cancellation);
        (await CasesAsync(await BuildAsync())).ShouldAllBe(one => one.Reference == "late");
    }

    [Fact]
    public async Task BuildAsync_JudgeThatNeedsNoReference_KeepsCasesWithoutOne()
    {
        for (var i = 0; i < 20; i++) await SendAsync(i, "x", outcome: null);
        var contract = ContractReader.Read(Contract.Replace("expected: normalised", "verifier: ./check", StringComparison.Ordinal));
        var revision = await Builder(_traces, _datasets).BuildAsync(Request(), contract, Cancellation);
        (await CasesAsync(revision)).Count.ShouldBe(20);
        revision.LeftOut["no-reference"].ShouldBe(0);
    }

    [Fact]
    public async Task BuildAsync_MoreTracesThanAPage_ReadsThemAll()
    {
        for (var i = 0; i < 1_100; i++) await SendAsync(i, "y", outcome: "y");
        (await CasesAsync(await BuildAsync())).Count.ShouldBe(1_100);
    }

    [Fact]
    public async Task BuildAsync_EvaluationTracesAndOtherAgents_AreNotTaken()
    {
        for (var i = 0; i < 20; i++) await SendAsync(i, "y", outcome: "y");
        for (var i = 100; i < 120; i++) await SendAsync(i, "y", outcome: "y", purpose: Purpose.Evaluation);
        for (var i = 200; i < 220; i++) await SendAsync(i, "y", outcome: "y", agent: "b");
        (await CasesAsync(await BuildAsync())).Count.ShouldBe(20);
    }

    [Fact]
    public async Task BuildAsync_NothingToBuildFrom_SaysWhatToDo()
    {
        (await RefusedAsync(Request())).ShouldBe(("dataset-empty", "Agent a has no production traces with input to build a dataset from."));
        for (var i = 0; i < 9; i++) await SendAsync(i, "y", outcome: "y");
        for (var i = 20; i < 24; i++) await SendAsync(i, "y", outcome: null);
        (await RefusedAsync(Request())).ShouldBe(("dataset-empty", "Only 9 cases are left (0 near-duplicates, 4 without a reference answer left out)."));
        (await RefusedAsync(Request() with { Curators = ["traffic", "magic"] })).ShouldBe(("curator-unknown", "There is no curator 'magic'."));
    }

    [Fact]
    public async Task BuildAsync_OneConversationOnly_IsRefusedBecauseItCannotBeSplit()
    {
        for (var i = 0; i < 20; i++) await SendAsync(i, "y", outcome: "y", conversation: "the one");
        (await RefusedAsync(Request())).What.ShouldContain("never divided");
    }

    [Fact]
    public async Task ImportAsync_Cases_AreGroupedAndSplit()
    {
        var cases = Enumerable.Range(0, 50).Select(i => new ImportedCase { Input = Input(i), Reference = i < 48 ? $"r{i}" : null, Group = i < 10 ? "one" : null })
            .Append(new ImportedCase { Input = "  " }).ToList();
        var revision = await Builder(_traces, _datasets).ImportAsync(new ImportDatasetRequest { Agent = "a", Dataset = "d", Cases = cases }, Cancellation);
        var imported = await CasesAsync(revision);
        imported.Count.ShouldBe(48);
        imported.ShouldAllBe(one => one.Trace == null && one.Sources.Count == 1 && one.Sources[0] == "import");
        imported.Count(one => one.Group == "one").ShouldBe(10);
        imported.Where(one => one.Group != "one").Select(one => one.Group).ShouldBeUnique();
        revision.LeftOut["no-reference"].ShouldBe(2);
    }

    [Fact]
    public async Task ImportAsync_NoReferenceAtAll_KeepsTheCases()
    {
        var cases = Enumerable.Range(0, 20).Select(i => new ImportedCase { Input = Input(i) }).ToList();
        var revision = await Builder(_traces, _datasets).ImportAsync(new ImportDatasetRequest { Agent = "a", Dataset = "d", Cases = cases }, Cancellation);
        (await CasesAsync(revision)).Count.ShouldBe(20);
    }

    [Fact]
    public async Task ImportAsync_SameCasesUnderAnotherName_AreARevisionOfTheirOwn()
    {
        var cases = Enumerable.Range(0, 20).Select(i => new ImportedCase { Input = Input(i), Reference = "r" }).ToList();
        var builder = Builder(_traces, _datasets);
        var first = await builder.ImportAsync(new ImportDatasetRequest { Agent = "a", Dataset = "first", Cases = cases }, Cancellation);
        var again = await builder.ImportAsync(new ImportDatasetRequest { Agent = "a", Dataset = "first", Cases = cases }, Cancellation);
        var other = await builder.ImportAsync(new ImportDatasetRequest { Agent = "a", Dataset = "second", Cases = cases }, Cancellation);
        again.Id.ShouldBe(first.Id);
        other.Dataset.ShouldBe("second");
        (await _datasets.ResolveAsync("second", Cancellation)).Id.ShouldBe(other.Id);
        (await _datasets.ResolveAsync("first", Cancellation)).Id.ShouldBe(first.Id);
    }

    [Fact]
    public async Task ImportAsync_NothingInIt_IsRefused() =>
        (await Should.ThrowAsync<Refusal>(() => Builder(_traces, _datasets).ImportAsync(
            new ImportDatasetRequest { Agent = "a", Dataset = "d", Cases = [new ImportedCase { Input = "" }] }, Cancellation))).Code.ShouldBe("dataset-empty");

    [Fact]
    public async Task ResolveAsync_Names_FindRevisionsAndNearOnes()
    {
        for (var i = 0; i < 20; i++) await SendAsync(i, "y", outcome: "y");
        var revision = await BuildAsync();
        (await _datasets.ResolveAsync("d", Cancellation)).Id.ShouldBe(revision.Id);
        (await _datasets.ResolveAsync(revision.Id.Value, Cancellation)).Id.ShouldBe(revision.Id);
        (await _datasets.ResolveAsync($"d@{revision.Id}", Cancellation)).Id.ShouldBe(revision.Id);
        var refusal = await Should.ThrowAsync<Refusal>(() => _datasets.ResolveAsync("dd", Cancellation));
        refusal.Code.ShouldBe("dataset-not-found");
        refusal.Fix.ShouldContain("Nearest: d.");
        (await Should.ThrowAsync<Refusal>(() => _datasets.ResolveAsync("something else", Cancellation))).Fix.ShouldContain("Known: d.");
        (await Should.ThrowAsync<Refusal>(() => _datasets.ResolveAsync("rev_none", Cancellation))).Status.ShouldBe(404);
    }

    private static BuildDatasetRequest Request() => new() { Agent = "a", Dataset = "d" };

    private static TraceId Id(int i) => new(ContentHash.Of(32, "trace", $"{i}"));

    /// <summary>Words that no two of them share.</summary>
    private static string Input(int i) => $"where is {ContentHash.Of(40, "input", $"{i}")}";

    private Task<DatasetRevision> BuildAsync(BuildDatasetRequest? request = null) =>
        Builder(_traces, _datasets).BuildAsync(request ?? Request(), ContractReader.Read(Contract), Cancellation);

    private async Task<(string Code, string What)> RefusedAsync(BuildDatasetRequest request)
    {
        var refusal = await Should.ThrowAsync<Refusal>(() => BuildAsync(request));
        refusal.Fix.ShouldNotBeNullOrWhiteSpace();
        return (refusal.Code, refusal.What);
    }

    [Theory]
    [InlineData("../x.py", "text", null, "'../x.py'")]
    [InlineData("/etc/passwd", "text", null, "'/etc/passwd'")]
    [InlineData(".git/hooks/pre-commit", "text", null, "'.git/hooks/pre-commit'")]
    [InlineData("a//b", "text", null, "'a//b'")]
    [InlineData("a.py", null, null, "no content")]
    [InlineData("a.py", null, "%%%", "no content")]
    [InlineData("a.py", "text", "AA==", "no content")]
    public async Task ImportAsync_AFileThatCannotBe_IsRefused(string path, string? text, string? base64, string what)
    {
        var workspace = new ImportedWorkspace { Files = [new ImportedFile { Path = path, Text = text, Base64 = base64 }] };
        var refusal = await Should.ThrowAsync<Refusal>(() => Builder(_traces, _datasets).ImportAsync(
            new ImportDatasetRequest { Agent = "a", Dataset = "d", Cases = [new ImportedCase { Input = "Mend it", Workspace = workspace }] }, Cancellation));
        refusal.Code.ShouldBe("case-files-not-valid");
        refusal.What.ShouldContain(what);
    }

    [Fact]
    public async Task ImportAsync_CasesWithFiles_KeepEachContentOnceAndNoneIsANearDuplicate()
    {
        var cases = Enumerable.Range(0, 20).Select(i => new ImportedCase
        {
            Input = "Mend the function in the file so that its tests pass.", Group = $"g{i}",
            Workspace = new ImportedWorkspace
            {
                Path = "/app", Files = [new ImportedFile { Path = "a.py", Text = $"# {i}" }, new ImportedFile { Path = "same.bin", Base64 = "AAE=" }],
                Tests = [new ImportedFile { Path = "tests/a_test.py", Text = "def test_a():\n    pass\n" }],
            },
        }).ToList();
        var revision = await Builder(_traces, _datasets).ImportAsync(new ImportDatasetRequest { Agent = "a", Dataset = "d", Cases = cases }, Cancellation);
        var kept = await CasesAsync(revision);
        kept.Count.ShouldBe(20);
        kept.Select(one => one.Id).ShouldBeUnique();
        kept.SelectMany(one => one.Workspace!.Files.Concat(one.Tests!.Files)).Select(file => file.Blob).Distinct().Count().ShouldBe(22);
        (await _blobs.FindAsync(kept[0].Workspace!.Files[1].Blob, Cancellation)).ShouldBe([0, 1]);
    }

    private Task<IReadOnlyList<Case>> CasesAsync(DatasetRevision revision) => _datasets.ReadCasesAsync(revision.Id, null, Cancellation);

    private DatasetBuilder Builder(InMemoryTraceStore traces, InMemoryDatasetStore datasets) => new(traces, datasets, [new TrafficCurator(), new ErrorsCurator()], new CaseFiles(_blobs), _time);

    private Feedback Told(int i, string name, string? label, double? value) =>
        new() { TraceId = Id(i), Name = name, Source = "system", Label = label, Value = value, At = _time.GetUtcNow() };

    private async Task SendAsync(
        int i, string output, string? outcome, string? conversation = null, string? user = null, string? input = null, string? error = null,
        Purpose purpose = Purpose.Production, string agent = "a", InMemoryTraceStore? store = null)
    {
        _time.Advance(TimeSpan.FromSeconds(1));
        var span = new Span
        {
            TraceId = Id(i), SpanId = new SpanId("1111111111111111"), Kind = SpanKind.Agent, Name = "agent.run", Start = _time.GetUtcNow(), Duration = TimeSpan.FromSeconds(1),
            Agent = agent, Purpose = purpose, Input = input ?? Input(i), Output = output, Error = error, Conversation = conversation is "" ? null : conversation ?? $"c{i}", User = user,
        };
        await (store ?? _traces).WriteAsync([span], Cancellation);
        if (outcome is not null) await (store ?? _traces).WriteFeedbackAsync([Told(i, DatasetBuilder.OutcomeFeedback, outcome, null)], Cancellation);
    }
}
