using Espalier.Contracts.Agents;
using Espalier.Contracts.Search;
using Espalier.Core.Agents;
using Espalier.Core.Agents.Edits;
using Espalier.Core.Runs;
using Espalier.Core.Search.Choice;
using Espalier.Core.Search.Estimates;
using Espalier.Core.Search.Proposers;
using Espalier.Core.Shared;

namespace Espalier.Core.Search;

/// <summary>One round of proposals: chosen from the state at its start, made into commits one after the other.</summary>
public sealed class SearchRounds(IAgentRepository repository, IEnumerable<IProposer> proposers, EditKinds kinds, IModelCatalog models)
{
    /// <summary>The versions of a round, made now or before an interruption, in the order of proposals; null when no edit is left to try.</summary>
    public async Task<IReadOnlyList<VersionId>?> ProposeAsync(SessionScope scope, int round, CancellationToken cancellationToken)
    {
        var start = scope.State.RoundStart ?? scope.State;
        var chooser = new ProposalChooser(new Seed(scope.Plan.Seed));
        var effects = new EditEffects(start);
        var tried = start.Tried;
        var made = new List<VersionId>();
        var chose = false;
        for (var slot = 0; slot < scope.Plan.EditsPerRound; slot++)
        {
            foreach (var choice in chooser.RankParents(start, round, slot))
            {
                var files = await repository.ReadFilesAsync(scope.Plan.Agent, choice.Parent.Id, cancellationToken);
                var offered = Offer(scope, start, choice.Parent, files).Where(offer => !tried.Contains((choice.Parent.Id, offer.Proposal.Edit.Id))).ToList();
                if (chooser.Choose(choice, [.. offered.Select(offer => offer.Proposal)], effects, round, slot) is not { } chosen) continue;
                chose = true;
                tried = tried.Add((choice.Parent.Id, chosen.Edit.Id));
                var proposer = offered.First(offer => offer.Proposal == chosen).Proposer;
                if (await MakeAsync(scope, choice.Parent, files, chosen.Edit, proposer, round, cancellationToken) is { } version) made.Add(version);
                break;
            }
        }

        return chose ? made : null;
    }

    private IEnumerable<(Proposal Proposal, string Proposer)> Offer(
        SessionScope scope, SessionFold start, Candidate parent, IReadOnlyDictionary<string, byte[]> files)
    {
        var context = new ProposalContext
        {
            State = start,
            Parent = parent,
            Contract = scope.Contract,
            Files = files,
            Material = scope.Cases.Material,
            EvaluationCases = scope.Cases.Evaluation,
            Models = [.. scope.Plan.Models.Select(models.Find).OfType<PricedModel>()],
        };
        return proposers.SelectMany(proposer => proposer.Propose(context).Select(proposal => (proposal, proposer.Name)));
    }

    private async Task<VersionId?> MakeAsync(
        SessionScope scope, Candidate parent, IReadOnlyDictionary<string, byte[]> files, Edit edit, string proposer, int round,
        CancellationToken cancellationToken)
    {
        var logged = scope.State.InOrder.FirstOrDefault(candidate => candidate.Parent == parent.Id && candidate.Edits[^1].Id == edit.Id);
        if (logged is not null) return logged.Id;
        if (scope.State.Tried.Contains((parent.Id, edit.Id))) return null;
        var result = kinds.Apply(edit, scope.Contract, files);
        if (result.Changes is null)
        {
            await scope.Log.AppendAsync(new SessionEvent.EditRefused(parent.Id, edit, proposer, round, result.Reason!), cancellationToken);
            return null;
        }

        var version = await repository.CommitAsync(scope.Plan.Agent, parent.Id, result.Changes, Message(edit), cancellationToken);
        if (scope.State.Trees.TryGetValue(version.Tree, out var same))
        {
            await scope.Log.AppendAsync(
                new SessionEvent.EditRefused(parent.Id, edit, proposer, round, $"it gives the files of {same.Value[..7]}, which is known already"), cancellationToken);
            return null;
        }

        await scope.Log.AppendAsync(new SessionEvent.CandidateProposed(version, parent.Id, edit, proposer, round), cancellationToken);
        return version.Id;
    }

    /// <summary>The commit's message: nothing of the session in it, so that the same edit on the same parent is the same commit.</summary>
    private static string Message(Edit edit) =>
        $"{char.ToUpperInvariant(edit.Title[0])}{edit.Title[1..]}\n\n{edit.Rationale}\n\nEspalier-Edit: {edit.Id}\nEspalier-Kind: {edit.Kind}\n";
}
