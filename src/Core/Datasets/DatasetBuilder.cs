using Espalier.Contracts.Agents;
using Espalier.Contracts.Datasets;
using Espalier.Contracts.Traces;
using Espalier.Core.Shared;
using Espalier.Core.Traces;

namespace Espalier.Core.Datasets;

/// <summary>Makes immutable revisions: from production traces by curators, or from cases that a team brings.</summary>
public sealed class DatasetBuilder(ITraceStore traces, IDatasetStore datasets, IEnumerable<ICurator> curators, CaseFiles files, TimeProvider time)
{
    /// <summary>The feedback that carries the right answer, told by the system of record.</summary>
    public const string OutcomeFeedback = "outcome";

    private const int TracePage = 1_000;

    private readonly Dictionary<string, ICurator> _curators = curators.ToDictionary(curator => curator.Name);

    public async Task<DatasetRevision> BuildAsync(BuildDatasetRequest request, AgentContract contract, CancellationToken cancellationToken)
    {
        var chosenCurators = request.Curators.Select(FindCurator).ToList();
        var labelled = await ReadTracesAsync(request, contract, cancellationToken);
        if (labelled.Count == 0)
        {
            throw new Refusal(
                "dataset-empty", 422, $"Agent {request.Agent} has no production traces with input to build a dataset from.",
                "Send it requests first (POST /agents/AGENT/invoke or 'espalier traces send FILE'), or bring cases with 'espalier datasets import FILE'.");
        }

        var seed = new Seed(request.Seed);
        var size = request.Size ?? labelled.Count;
        var candidates = new Dictionary<TraceId, Candidate>();
        foreach (var curator in chosenCurators)
        {
            foreach (var (trace, probability) in curator.Choose(labelled, size, seed))
            {
                if (!candidates.TryGetValue(trace.Trace.TraceId, out var candidate))
                {
                    candidate = new Candidate(trace.Trace.Input!, trace.Reference, GroupOf(trace.Trace), trace.Trace.TraceId) { At = trace.Trace.Start };
                    candidates[trace.Trace.TraceId] = candidate;
                }

                candidate.Sources.Add(curator.Name);
                candidate.Probability ??= probability;
            }
        }

        // In an order that does not depend on when the traces arrived, so that equal traffic gives an equal revision.
        var ordered = candidates.Values
            .OrderBy(candidate => ContentHash.Of(32, candidate.Input, candidate.Group, candidate.Reference), StringComparer.Ordinal)
            .ToList();
        return await SaveAsync(request.Agent, request.Dataset, seed, ordered, contract.Judge.Expected is not null, cancellationToken);
    }

    public async Task<DatasetRevision> ImportAsync(ImportDatasetRequest request, CancellationToken cancellationToken)
    {
        var candidates = new List<Candidate>();
        foreach (var imported in request.Cases.Where(imported => !string.IsNullOrWhiteSpace(imported.Input)))
        {
            var candidate = new Candidate(imported.Input, imported.Reference, imported.Group ?? ContentHash.Of(16, imported.Input), null);
            candidate.Sources.Add("import");
            if (imported.Workspace is { } workspace) (candidate.Workspace, candidate.Tests) = await files.SaveAsync(workspace, cancellationToken);
            candidates.Add(candidate);
        }

        return candidates.Count > 0
            // A team that brings no reference at all judges by other means; one that brings some has forgotten the others.
            ? await SaveAsync(
                request.Agent, request.Dataset, new Seed(request.Seed), candidates, candidates.Exists(candidate => candidate.Reference is not null), cancellationToken)
            : throw new Refusal("dataset-empty", 422, "The import holds no case with an input.", "Bring at least one case with a non-empty input.");
    }

    private static string GroupOf(TraceSummary trace) => trace.Conversation ?? trace.User ?? trace.TraceId.Value;

    private ICurator FindCurator(string name) =>
        _curators.TryGetValue(name, out var curator)
            ? curator
            : throw new Refusal("curator-unknown", 422, $"There is no curator '{name}'.", $"Known: {string.Join(", ", _curators.Keys.Order())}.");

    private async Task<List<LabelledTrace>> ReadTracesAsync(BuildDatasetRequest request, AgentContract contract, CancellationToken cancellationToken)
    {
        var read = new List<LabelledTrace>();
        string? cursor = null;
        do
        {
            var query = new TraceQuery
            {
                Agent = request.Agent, Purpose = Purpose.Production, Since = request.Since, Limit = TracePage, Cursor = cursor,
            };
            var page = await traces.ListAsync(query, cancellationToken);
            read.AddRange(page.Items.Where(trace => !string.IsNullOrWhiteSpace(trace.Input)).Select(trace => Label(trace, contract)));
            cursor = page.NextCursor;
        }
        while (cursor is not null);
        return [.. read.OrderBy(
            trace => ContentHash.Of(32, trace.Trace.Input, GroupOf(trace.Trace), trace.Reference, trace.Trace.Output, trace.Trace.Error), StringComparer.Ordinal)];
    }

    private static LabelledTrace Label(TraceSummary trace, AgentContract contract)
    {
        // What was said of a whole conversation is no right answer to each of its turns.
        var own = trace.Feedback.Where(feedback => feedback.Conversation is null).ToList();
        var reference = own.Where(feedback => feedback.Name == OutcomeFeedback).MaxBy(feedback => feedback.At)?.Label;
        var dissatisfied = trace.Feedback.Any(feedback => feedback is { Name: "thumbs", Value: 0 });
        var wrong = reference is not null && contract.Judge.Expected is { } mode
            && !AnswerComparison.Equal(trace.Output ?? "", reference, mode);
        return new LabelledTrace(trace, reference, trace.Error is not null || dissatisfied || wrong);
    }

    private async Task<DatasetRevision> SaveAsync(
        string agent, string dataset, Seed seed, List<Candidate> candidates, bool needsReference, CancellationToken cancellationToken)
    {
        // Those without a reference go first: else one of them could stand for a copy that has one, and both would be lost.
        var usable = candidates.Where(candidate => !needsReference || candidate.Reference is not null || candidate.Tests is not null).ToList();
        var repeats = NearDuplicates.Find([.. usable.Select(candidate => candidate.Input)]);
        // Tasks of a series are told in the same words, and their files are what tells them apart.
        var kept = usable.Where((candidate, i) => repeats[i] < 0 || candidate.Workspace is not null).ToList();
        var duplicates = usable.Count - kept.Count;
        var leftOut = new SortedDictionary<string, int>(StringComparer.Ordinal)
        {
            ["near-duplicate"] = duplicates,
            ["no-reference"] = candidates.Count - usable.Count,
        };
        if (kept.Count < 10)
        {
            throw new Refusal(
                "dataset-empty", 422,
                $"Only {kept.Count} cases are left ({duplicates} near-duplicates, {leftOut["no-reference"]} without a reference answer left out).",
                $"Send outcomes for the traces (POST /api/v1/feedback, name '{OutcomeFeedback}', the right answer as label), or bring cases with references.");
        }

        var groups = kept.GroupBy(candidate => candidate.Group).ToDictionary(group => group.Key, group => group.Count());
        var splits = Splitter.Deal(groups, seed);
        var cases = kept.Select(candidate => candidate.ToCase(splits[candidate.Group])).DistinctBy(made => made.Id).ToList();
        if (!cases.Exists(made => made.Split == Split.Confirm))
        {
            throw new Refusal(
                "dataset-empty", 422, $"All {cases.Count} cases are of {groups.Count} conversation, and a conversation is never divided between the splits.",
                "Bring cases of at least two conversations or users, better of dozens.");
        }

        var revision = new DatasetRevision
        {
            Id = new RevisionId("rev_" + ContentHash.Of(32, [agent, dataset, .. cases.Select(made => $"{made.Id}/{made.Split}")])),
            Dataset = dataset,
            Agent = agent,
            CreatedAt = time.GetUtcNow(),
            Search = cases.Count(made => made.Split == Split.Search),
            Confirm = cases.Count(made => made.Split == Split.Confirm),
            Vault = cases.Count(made => made.Split == Split.Vault),
            LeftOut = leftOut,
        };
        await datasets.SaveAsync(revision, cases, cancellationToken);
        return await datasets.FindAsync(revision.Id, cancellationToken) ?? revision;
    }

    private sealed class Candidate(string input, string? reference, string group, TraceId? trace)
    {
        public string Input => input;

        public string? Reference => reference;

        public string Group => group;

        public SortedSet<string> Sources { get; } = new(StringComparer.Ordinal);

        public double? Probability { get; set; }

        public DateTimeOffset? At { get; init; }

        public CaseWorkspace? Workspace { get; set; }

        public CaseTests? Tests { get; set; }

        /// <summary>Nothing for a case without files, whose id stays what it was.</summary>
        private IEnumerable<string?> Content()
        {
            if (Workspace is null) return [];
            var all = Workspace.Files.Select(file => ("w", file)).Concat((Tests?.Files ?? []).Select(file => ("t", file)));
            return [Workspace.Path, Tests?.Command, .. Tests?.Protected ?? [], .. all.SelectMany(item => new[] { item.Item1, item.file.Path, item.file.Blob, $"{item.file.Executable}" })];
        }

        public Case ToCase(Split split) => new()
        {
            Id = new CaseId("case_" + ContentHash.Of(32, [input, reference, group, .. Content()])),
            Input = input,
            Reference = reference,
            Workspace = Workspace,
            Tests = Tests,
            Group = group,
            Split = split,
            Trace = trace,
            At = At,
            Sources = [.. Sources],
            InclusionProbability = Probability,
        };
    }
}
