using System.Security.Cryptography;
using System.Text;
using Espalier.Cli.Datasets;
using Espalier.Cli.Output;
using Espalier.Contracts.Agents;
using Espalier.Contracts.Runs;
using Espalier.Contracts.Shared;
using Espalier.Contracts.Traces;
using Espalier.Sdk;

namespace Espalier.Cli.Traces;

/// <summary>Plays users: sends requests to the served version, and tells the right answers a little later, as a system of record would.</summary>
internal sealed class TrafficSender(EspalierClient client, string agent, long seed)
{
    private const int InFlight = 4;
    private const int Batch = 200;
    private const double ThumbShare = 0.2;

    // That many failures and not one answer: the agent or its model is broken, and more requests would only cost.
    private const int HopelessAfter = 12;

    private readonly Lock _gate = new();
    private TrafficTally _tally = new();
    private string _lastFailure = "";

    public async Task<TrafficTally> SendAsync(
        IReadOnlyList<RequestRow> rows, Action<TrafficTally> progress, CancellationToken cancellationToken)
    {
        _tally = new TrafficTally();
        IReadOnlyList<FeedbackSignal> late = [];
        foreach (var chunk in rows.Index().Chunk(Batch))
        {
            var answers = new (RequestRow Row, InvokeAnswer Answer)?[chunk.Length];
            await Parallel.ForEachAsync(
                Enumerable.Range(0, chunk.Length),
                new ParallelOptions { MaxDegreeOfParallelism = InFlight, CancellationToken = cancellationToken },
                async (i, token) =>
                {
                    var (index, row) = chunk[i];
                    answers[i] = (row, await SendAsync(row, index, token));
                    Count(row, answers[i]!.Value.Answer, progress);
                });
            await TellAsync(late, cancellationToken);
            late = [.. answers.SelectMany(sent => Signals(sent!.Value.Row, sent.Value.Answer))];
        }

        await TellAsync(late, cancellationToken);
        return _tally;
    }

    /// <summary>True when the answer is the label, whatever its case, white space and full stop.</summary>
    internal static bool IsRight(string? output, string label) => output is not null && Normalise(output) == Normalise(label);

    private static string Normalise(string text) =>
        string.Join(' ', text.Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries)).TrimEnd('.', '!', '?', ',', ';', ':').ToLowerInvariant();

    private Task<InvokeAnswer> SendAsync(RequestRow row, int index, CancellationToken cancellationToken) =>
        client.Agents.InvokeAsync(agent, new InvokeRequest { Input = row.Text, Conversation = row.Group ?? $"c-{index}" }, cancellationToken);

    private void Count(RequestRow row, InvokeAnswer answer, Action<TrafficTally> progress)
    {
        lock (_gate)
        {
            var failed = answer.Outcome is not Outcome.Completed;
            _tally = _tally with
            {
                Requests = _tally.Requests + 1,
                Failed = _tally.Failed + (failed ? 1 : 0),
                Labelled = _tally.Labelled + (row.Label is null ? 0 : 1),
                Right = _tally.Right + (row.Label is { } label && IsRight(answer.Output, label) ? 1 : 0),
                Cost = _tally.Cost + (answer.Cost ?? Usd.Zero),
                Priced = _tally.Priced + (answer.Cost is null ? 0 : 1),
            };
            if (failed) _lastFailure = Words(answer.Outcome);
            if (_tally.Failed == _tally.Requests && _tally.Failed >= HopelessAfter) throw Hopeless();
            progress(_tally);
        }
    }

    private CliError Hopeless() => new(
        ExitCodes.NoOutcome,
        "no-outcome",
        $"The first {_tally.Failed} requests got no answer.",
        _lastFailure,
        "Run `espalier doctor` in the agent's folder; nothing more was sent.");

    private static string Words(Outcome outcome) => outcome switch
    {
        Outcome.TimedOut timedOut => $"The agent took longer than {Text.Seconds(timedOut.Limit)}.",
        Outcome.OverBudget over => over.Reason,
        Outcome.Failed failed => $"{failed.Reason} {Text.Cut(failed.Stderr, 300)}".Trim(),
        _ => "",
    };

    private IEnumerable<FeedbackSignal> Signals(RequestRow row, InvokeAnswer answer)
    {
        if (row.Label is not { } label) yield break;
        yield return new FeedbackSignal { TraceId = answer.TraceId, Name = "outcome", Source = "system", Label = label };
        if (GivesThumb(row.Text))
            yield return new FeedbackSignal { TraceId = answer.TraceId, Name = "thumbs", Source = "user", Value = IsRight(answer.Output, label) ? 1 : 0 };
    }

    private bool GivesThumb(string text)
    {
        var hash = SHA256.HashData(Encoding.UTF8.GetBytes($"{seed}/thumbs/{text}"));
        return BitConverter.ToUInt32(hash) < ThumbShare * uint.MaxValue;
    }

    private async Task TellAsync(IReadOnlyList<FeedbackSignal> items, CancellationToken cancellationToken)
    {
        if (items.Count > 0) await client.Traces.FeedbackAsync(new FeedbackBatch { Items = items }, cancellationToken);
    }
}
