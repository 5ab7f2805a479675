using System.Globalization;
using Espalier.Contracts.Traces;
using Espalier.Core.Shared;
using Espalier.Gateway.Calls;
using Espalier.Gateway.Policies.Checks;
using Espalier.Gateway.Policies.Judges;

namespace Espalier.Gateway.Policies.Routes.BestOfN;

/// <summary>Several answers of one model, of which one is shown: <c>best_of_n: { model: a, n: 5, select: majority, temperature: 0.8 }</c>.</summary>
/// <remarks>Every sample is an attempt with the role <c>sample</c> and is billed. Samples that failed are left out; when all did, the call fails as the last one.</remarks>
internal sealed record BestOfNRoute(
    string UsualModel, int Count, bool InParallel, Selection Select, string? Temperature, IReadOnlyList<IReplyCheck> Checks, ModelJudge? Judge) : IRoutePolicy
{
    public const string Key = "best_of_n";

    private const int MostSamples = 16;

    public string Name => Key;

    public static BestOfNRoute Read(StrictYaml outer, RouteScope scope)
    {
        var yaml = outer.Mapping(Key) ?? throw outer.Bad(Key, "is empty", "Write 'best_of_n: { model: a, n: 3, select: majority }'.");
        var model = scope.ReadModel(yaml);
        var count = yaml.WholeNumber("n", 2, MostSamples) ?? throw yaml.Bad("n", "is missing", $"Write how many answers to take, from 2 to {MostSamples}.");
        var run = yaml.Text("run") ?? "parallel";
        if (run is not ("parallel" or "sequence")) throw yaml.Bad("run", $"is '{run}'", "Write parallel or sequence.");
        var select = yaml.Text("select") switch
        {
            "validator" => Selection.Validator,
            "majority" => Selection.Majority,
            "judge" => Selection.Judge,
            "log_prob" => Selection.LogProb,
            { } other => throw yaml.Bad("select", $"is '{other}'", "Write validator, majority, judge or log_prob."),
            null => throw yaml.Bad("select", "is missing", "Write how the answer is chosen: validator, majority, judge or log_prob."),
        };
        var temperature = yaml.Number("temperature");
        if (temperature is < 0 or > 2) throw yaml.Bad("temperature", $"is {temperature}", "Write a number from 0 to 2.");
        var checks = scope.ReadChecks(yaml);
        var judge = scope.ReadJudge(yaml);
        if (select == Selection.Validator && checks.Count == 0) throw yaml.Bad("select", "is validator, and there is no 'check'", "Write what an answer must be, as in 'check: { json: true }'.");
        if (select == Selection.Judge && judge is null) throw yaml.Bad("select", "is judge, and there is no 'judge'", "Write who judges, as in 'judge: { model: gpt-4.1-mini }'.");
        if (select != Selection.Judge && judge is not null) throw yaml.Bad(ModelJudge.Key, $"is set, and select is '{yaml.Text("select")}'", "Leave it out, or write 'select: judge'.");
        yaml.Finish();
        return new BestOfNRoute(model, count, run == "parallel", select, temperature?.ToString(CultureInfo.InvariantCulture), checks, judge);
    }

    public async Task<ReadOnlyMemory<byte>?> ServeAsync(RoutedCall call, CancellationToken cancellationToken)
    {
        var samples = await TakeAsync(call, cancellationToken);
        var good = samples.Where(sample => IsGood(call, sample)).ToList();
        // When none passes the check, the choice among all is better than no answer; it is told as what it is.
        if (good.Count == 0) call.Note("route.check", "no sample passed");
        var (chosen, how) = await ChooseAsync(call, good.Count > 0 ? good : samples, cancellationToken);
        call.Note("route.samples", samples.Count.ToString(CultureInfo.InvariantCulture));
        call.Note("route.selected", $"{samples.IndexOf(chosen) + 1}: {how}");
        return await call.ShowAsync(chosen, cancellationToken);
    }

    private async Task<List<WholeReply>> TakeAsync(RoutedCall call, CancellationToken cancellationToken)
    {
        var samples = new List<WholeReply>();
        ProviderFailedException? failure = null;
        if (InParallel)
        {
            foreach (var task in Enumerable.Range(0, Count).Select(_ => SampleAsync()).ToList()) Add(await task);
        }
        else
        {
            for (var i = 0; i < Count; i++)
            {
                Add(await SampleAsync());
                // The first that passes is the one that would be chosen: the others would be paid for nothing.
                if (Select == Selection.Validator && samples.Count > 0 && IsGood(call, samples[^1])) break;
            }
        }

        return samples.Count > 0 ? samples : throw failure!;

        void Add((WholeReply? Reply, ProviderFailedException? Failure) sample)
        {
            if (sample.Reply is { } reply) samples.Add(reply);
            failure = sample.Failure ?? failure;
        }

        // Failures are values here: the other samples must end, and be accounted for, before this call does.
        async Task<(WholeReply?, ProviderFailedException?)> SampleAsync()
        {
            try
            {
                return (await call.AskAsync(UsualModel, AttemptRole.Sample, Select == Selection.LogProb, Temperature, cancellationToken), null);
            }
            catch (ProviderFailedException failed)
            {
                return (null, failed);
            }
        }
    }

    private bool IsGood(RoutedCall call, WholeReply reply) => Checks.All(check => check.Problem(call.FactsOf(reply)) is null);

    private async Task<(WholeReply Chosen, string How)> ChooseAsync(RoutedCall call, List<WholeReply> samples, CancellationToken cancellationToken)
    {
        switch (Select)
        {
            case Selection.Majority:
                // The first of the largest group; of groups of one size the one that came first.
                var group = samples.GroupBy(sample => call.FactsOf(sample).Normalised).MaxBy(one => one.Count())!;
                return (group.First(), $"{group.Count()} of {samples.Count} agree");
            case Selection.LogProb:
                var best = samples.MaxBy(sample => sample.Confidence ?? 0)!;
                return (best, best.Confidence is { } sure ? string.Create(CultureInfo.InvariantCulture, $"confidence {sure:0.###}") : "no confidence is known; the first");
            case Selection.Judge:
                var ratings = await Task.WhenAll(samples.Select(sample => Judge!.RateAsync(call, sample, cancellationToken)));
                var highest = ratings.Index().MaxBy(rating => rating.Item ?? -1);
                return (samples[highest.Index], highest.Item is { } rated ? string.Create(CultureInfo.InvariantCulture, $"rated {rated:0.###}") : "no rating was given; the first");
            default:
                return (samples[0], "the first that passes");
        }
    }
}

/// <summary>How one of several answers is chosen.</summary>
internal enum Selection
{
    Validator,
    Majority,
    Judge,
    LogProb,
}
