using System.Reflection;
using System.Runtime.CompilerServices;
using System.Text.Json;
using System.Text.Json.Serialization;
using Espalier.Contracts.Agents;
using Espalier.Contracts.Datasets;
using Espalier.Contracts.Judging;
using Espalier.Contracts.Releases;
using Espalier.Contracts.Runs;
using Espalier.Contracts.Search;
using Espalier.Contracts.Shared;
using Espalier.Contracts.Traces;
using Espalier.Testing.Contracts;
using FsCheck;
using FsCheck.Fluent;
using Outcome = Espalier.Contracts.Runs.Outcome;

namespace Espalier.Contracts.Tests;

public sealed class ContractsJsonTests
{
    private static readonly VersionId Version = new(new string('a', 40));

    public static TheoryData<SessionEvent> SessionEventsOfEachKind => [.. SessionEvents.OneOfEach];

    public static TheoryData<Outcome, string> Outcomes => new()
    {
        { new Outcome.Completed("card_arrival \"ä\" 漢 \u202e"), "completed" },
        { new Outcome.TimedOut(TimeSpan.FromMilliseconds(20_500)), "timed_out" },
        { new Outcome.OverBudget(new Usd(5), "spent", null), "over_budget" },
        { new Outcome.OverBudget(new Usd(5), "spent", new BudgetId("session/7/search")), "over_budget" },
        { new Outcome.Failed(Boundary.Provider, "503", "trace\nback"), "failed" },
    };

    public static TheoryData<ReleaseEvent> ReleaseEvents =>
    [
        new ReleaseEvent.Registered(Version) { Release = new("rel_1"), Agent = "a", At = DateTimeOffset.UnixEpoch, By = "import" },
        new ReleaseEvent.Requested(Version, Version, new SessionId("ses_1"), "d") { Release = new("rel_1"), Agent = "a", At = DateTimeOffset.UnixEpoch, By = "ann" },
        new ReleaseEvent.Requested(Version, Version, null, "d") { Release = new("rel_1"), Agent = "a", At = DateTimeOffset.UnixEpoch, By = "ann" },
        new ReleaseEvent.Approved("d") { Release = new("rel_1"), Agent = "a", At = DateTimeOffset.UnixEpoch, By = "bob" },
        new ReleaseEvent.RolledBack(Version, "why") { Release = new("rel_1"), Agent = "a", At = DateTimeOffset.UnixEpoch, By = "bob" },
    ];

    [Theory]
    [MemberData(nameof(SessionEventsOfEachKind))]
    public void SessionEvent_EachKind_IsTheSameAfterARoundTrip(SessionEvent one)
    {
        var json = JsonSerializer.Serialize(one, ContractsJson.Default.SessionEvent);
        var read = JsonSerializer.Deserialize(json, ContractsJson.Default.SessionEvent)!;
        read.GetType().ShouldBe(one.GetType());
        JsonSerializer.Serialize(read, ContractsJson.Default.SessionEvent).ShouldBe(json);
        json.ShouldStartWith("{\"type\":\"");
        AssertSnakeCase(json);
    }

    [Fact]
    public void SessionEvent_EveryKindThatThereIs_IsInTheRoundTrip()
    {
        var kinds = typeof(SessionEvent).GetNestedTypes().Where(type => type.IsSubclassOf(typeof(SessionEvent))).ToList();
        SessionEvents.OneOfEach.Select(one => one.GetType()).ShouldBe(kinds, ignoreOrder: true);
        var declared = typeof(SessionEvent).GetCustomAttributes(typeof(JsonDerivedTypeAttribute), inherit: false).Cast<JsonDerivedTypeAttribute>();
        declared.Select(one => one.DerivedType).ShouldBe(kinds, ignoreOrder: true);
    }

    [Theory]
    [MemberData(nameof(Outcomes))]
    public void Outcome_EachKind_IsTheSameAfterARoundTrip(Outcome outcome, string ended)
    {
        var run = new Run
        {
            Version = Version,
            TraceId = new TraceId(new string('1', 32)),
            Outcome = outcome,
            Usage = new RunUsage { Calls = 1, Attempts = 2, InputTokens = 3, OutputTokens = 4, Cost = null },
            Duration = TimeSpan.FromTicks(1234567),
        };
        var json = JsonSerializer.Serialize(run, ContractsJson.Default.Run);
        json.ShouldContain($"\"ended\":\"{ended}\"");
        JsonSerializer.Deserialize(json, ContractsJson.Default.Run).ShouldBe(run);
        AssertSnakeCase(json);
    }

    [Theory]
    [MemberData(nameof(ReleaseEvents))]
    public void ReleaseEvent_EachKind_IsTheSameAfterARoundTrip(ReleaseEvent one)
    {
        var json = JsonSerializer.Serialize(one, ContractsJson.Default.ReleaseEvent);
        JsonSerializer.Deserialize(json, ContractsJson.Default.ReleaseEvent).ShouldBe(one);
        AssertSnakeCase(json);
    }

    [Fact]
    public void EvidenceRow_AnyText_IsTheSameAfterARoundTrip()
    {
        var texts = ArbMap.Default.ArbFor<NonNull<string>>().Generator.Select(text => text.Get).Where(IsWhole);
        var rows =
            from text in texts
            from score in Gen.Choose(0, 1000)
            from cost in Gen.Choose(0, int.MaxValue)
            from known in ArbMap.Default.ArbFor<bool>().Generator
            select new EvidenceRow
            {
                Case = new CaseId("case_1"), Replicate = 0, Pass = known ? score > 500 : null, Score = known ? score / 997.0 : null,
                Cost = known ? new Usd(cost) : null, Outcome = "completed", Reason = text, Output = text,
            };
        Prop.ForAll(rows.ToArbitrary(), row =>
        {
            SessionEvent block = new SessionEvent.BlockEvaluated(Version, Split.Search, 1, [row]);
            var json = JsonSerializer.Serialize(block, ContractsJson.Default.SessionEvent);
            return ((SessionEvent.BlockEvaluated)JsonSerializer.Deserialize(json, ContractsJson.Default.SessionEvent)!).Rows[0] == row;
        }).QuickCheckThrowOnFailure();

        static bool IsWhole(string text) => text.EnumerateRunes().All(rune => rune != System.Text.Rune.ReplacementChar);
    }

    [Theory]
    [InlineData("""{"type":"from_the_future","x":1}""")]
    [InlineData("""{"versions":[]}""")]
    [InlineData("""{"type":"shortlisted","versions":[7]}""")]
    [InlineData("""{"type":"shortlisted","versions":[null]}""")]
    public void SessionEvent_NotOneOfOurs_IsAnException(string json) =>
        (Record.Exception(() => JsonSerializer.Deserialize(json, ContractsJson.Default.SessionEvent)) is JsonException or NotSupportedException).ShouldBeTrue();

    [Fact]
    public void StringId_Json_IsAPlainString()
    {
        JsonSerializer.Serialize(Version, ContractsJson.Default.VersionId).ShouldBe($"\"{Version}\"");
        JsonSerializer.Deserialize("\"abc\"", ContractsJson.Default.VersionId).ShouldBe(new VersionId("abc"));
        Should.Throw<JsonException>(() => JsonSerializer.Deserialize("7", ContractsJson.Default.VersionId));
        Should.Throw<JsonException>(() => JsonSerializer.Deserialize("{}", ContractsJson.Default.VersionId));
        Should.Throw<JsonException>(() => JsonSerializer.Deserialize("null", ContractsJson.Default.VersionId));
    }

    [Fact]
    public void StringId_EveryOneThatThereIs_HasTheConverterAndPrintsItsValue()
    {
        var ids = typeof(VersionId).Assembly.GetTypes()
            .Where(type => type.GetInterfaces().Any(face => face.IsGenericType && face.GetGenericTypeDefinition() == typeof(IStringId<>))).ToList();
        ids.Count.ShouldBeGreaterThan(8);
        foreach (var id in ids)
        {
            var converter = (JsonConverterAttribute?)Attribute.GetCustomAttribute(id, typeof(JsonConverterAttribute));
            converter.ShouldNotBeNull(id.Name).ConverterType.ShouldBe(typeof(StringIdConverter<>).MakeGenericType(id));
            Activator.CreateInstance(id, "some value")!.ToString().ShouldBe("some value");
        }
    }

    [Fact]
    public void Enum_EveryOneThatThereIs_IsASnakeCaseWord()
    {
        var enums = typeof(VersionId).Assembly.GetTypes().Where(type => type.IsEnum && type.IsPublic).ToList();
        enums.ShouldNotBeEmpty();
        foreach (var type in enums)
        {
            var info = ContractsJson.Default.GetTypeInfo(type).ShouldNotBeNull(type.Name);
            foreach (var value in Enum.GetValues(type))
            {
                var json = JsonSerializer.Serialize(value, info);
                json.ShouldBe($"\"{JsonNamingPolicy.SnakeCaseLower.ConvertName(value.ToString()!)}\"");
                JsonSerializer.Deserialize(json, info).ShouldBe(value);
            }

            Should.Throw<JsonException>(() => JsonSerializer.Deserialize("0", info), type.Name);
            Should.Throw<JsonException>(() => JsonSerializer.Deserialize("\"nothing\"", info), type.Name);
        }
    }

    [Fact]
    public void Null_OptionalMember_IsLeftOut() =>
        JsonSerializer.Serialize(
            new EvidenceRow { Case = new CaseId("c"), Replicate = 0, Outcome = "completed", Reason = "" }, ContractsJson.Default.EvidenceRow)
            .ShouldNotContain("null");

    [Fact]
    public void Required_NullableMember_IsNowhere()
    {
        // Nulls are left out when written, so such a member could not be read back.
        var nullability = new NullabilityInfoContext();
        var bad = typeof(VersionId).Assembly.GetTypes().Where(type => type.IsPublic || type.IsNestedPublic)
            .SelectMany(type => type.GetProperties(BindingFlags.Public | BindingFlags.Instance | BindingFlags.DeclaredOnly))
            .Where(property => property.GetCustomAttribute<RequiredMemberAttribute>() is not null && nullability.Create(property).ReadState == NullabilityState.Nullable);
        bad.Select(property => $"{property.DeclaringType!.Name}.{property.Name}").ShouldBeEmpty();
    }

    private static void AssertSnakeCase(string json)
    {
        using var document = JsonDocument.Parse(json);
        Check(document.RootElement);

        static void Check(JsonElement element)
        {
            if (element.ValueKind == JsonValueKind.Array)
                foreach (var item in element.EnumerateArray()) Check(item);
            if (element.ValueKind != JsonValueKind.Object) return;
            foreach (var property in element.EnumerateObject())
            {
                property.Name.ShouldBe(property.Name.ToLowerInvariant());
                Check(property.Value);
            }
        }
    }
}
