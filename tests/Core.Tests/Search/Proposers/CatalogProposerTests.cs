using System.Text;
using Espalier.Contracts.Agents;
using Espalier.Contracts.Datasets;
using Espalier.Contracts.Search;
using Espalier.Core.Agents;
using Espalier.Core.Agents.Edits;
using Espalier.Core.Runs;
using Espalier.Core.Search;
using Espalier.Core.Search.Proposers;
using Espalier.Core.Search.Proposers.Catalog;
using Espalier.Core.Tests.Search.World;
using Microsoft.Extensions.DependencyInjection;

namespace Espalier.Core.Tests.Search.Proposers;

public sealed class CatalogProposerTests
{
    private static readonly EditKinds Kinds = new ServiceCollection().AddEditKinds().BuildServiceProvider().GetRequiredService<EditKinds>();

    [Fact]
    public void Propose_Baseline_OffersEveryKindThatFitsOnceEach()
    {
        var context = Context();
        var proposals = new CatalogProposer().Propose(context);
        proposals.Select(one => one.Edit.Id).ShouldBeUnique();
        proposals.Select(one => one.Edit.Kind).Distinct().ShouldBe(["model", "memory", "examples", "instruction", "route"], ignoreOrder: true);
        proposals.ShouldAllBe(one => double.IsFinite(one.ExpectedLogCost) && one.Edit.Title.Length > 0 && one.Edit.Rationale.Length > 0);
        foreach (var proposal in proposals) Kinds.Apply(proposal.Edit, context.Contract, context.Files).Reason.ShouldBeNull(proposal.Edit.Title);
        // In a fixed order, whatever ran before.
        new CatalogProposer().Propose(Context()).Select(one => one.Edit.Id).ShouldBe(proposals.Select(one => one.Edit.Id));
    }

    [Fact]
    public void Propose_Edits_AreMadeOfMaterialAlone()
    {
        var context = Context();
        var proposals = new CatalogProposer().Propose(context);
        foreach (var one in context.EvaluationCases)
            proposals.ShouldAllBe(proposal => !proposal.Edit.Payload.Contains(one.Input, StringComparison.Ordinal));
    }

    [Fact]
    public void Propose_AfterMemory_OffersTrimmingAndOtherSizes()
    {
        var memory = new CatalogProposer().Propose(Context()).Single(one => one.Edit.Kind == "memory" && one.Edit.Title.Contains(" 8 ", StringComparison.Ordinal)).Edit;
        var kinds = new CatalogProposer().Propose(Context(edits: [memory]));
        kinds.ShouldContain(one => one.Edit.Kind == "context");
        kinds.Where(one => one.Edit.Kind == "memory").ShouldAllBe(one => one.Edit.Id != memory.Id);
        kinds.Single(one => one.Edit.Kind == "memory" && one.Edit.Title.Contains(" 4 ", StringComparison.Ordinal)).ExpectedLogCost.ShouldBeLessThan(0);
        kinds.Single(one => one.Edit.Kind == "memory" && one.Edit.Title.Contains(" 16 ", StringComparison.Ordinal)).ExpectedLogCost.ShouldBeGreaterThan(0);
    }

    [Fact]
    public void Propose_NoReferences_OffersModelsAndRoutesOnly()
    {
        var proposals = new CatalogProposer().Propose(Context(references: false));
        proposals.Select(one => one.Edit.Kind).Distinct().ShouldBe(["model", "route"], ignoreOrder: true);
    }

    [Fact]
    public void Propose_FreeTextAnswers_AreNoLabels()
    {
        var context = Context(label: i => $"A long answer of its own, number {i}, that no other case has.");
        context.Labels.ShouldBeEmpty();
        var proposals = new CatalogProposer().Propose(context);
        proposals.Select(one => one.Edit.Kind).Distinct().ShouldBe(["model", "memory", "examples", "route"], ignoreOrder: true);
    }

    [Fact]
    public void Propose_TwoSlots_OffersBothAndARouteOfOneLeavesTheOtherFree()
    {
        var files = TriageAgent.Files();
        files["models.yaml"] = "slots:\n  triage: { model: dear-model }\n  summary: { model: cheap-model }\n";
        var proposals = new CatalogProposer().Propose(Context(files: files));
        Targets(proposals, "model").ShouldBe(["models.yaml#triage", "models.yaml#summary"]);
        Targets(proposals, "route").ShouldBe(["router.yaml#triage", "router.yaml#summary"]);
        var route = proposals.First(one => one.Edit.Target == "router.yaml#triage").Edit;
        Targets(new CatalogProposer().Propose(Context(files: files, edits: [route])), "model").ShouldBe(["models.yaml#summary"]);
        var memory = proposals.First(one => one.Edit.Kind == "memory" && Slot(one) == "triage").Edit;
        var sizes = new CatalogProposer().Propose(Context(files: files, edits: [memory])).Where(one => one.Edit.Kind == "memory").ToList();
        sizes.Count(one => Slot(one) == "summary").ShouldBe(sizes.Count(one => Slot(one) == "triage") + 1);
    }

    [Fact]
    public void Propose_BareAgent_OffersNothing()
    {
        var contract = ContractReader.Read("agent: a\nrun: { command: ./a }\nartifacts: { code: [agent.py] }\njudge: { expected: exact }\n");
        new CatalogProposer().Propose(Context(contract: contract)).ShouldBeEmpty();
    }

    [Fact]
    public void Propose_LittleMaterial_OffersNothingThatNeedsMore() =>
        new CatalogProposer().Propose(Context(material: 6)).ShouldNotContain(one => one.Edit.Kind == "memory" || one.Edit.Kind == "examples");

    private static string Slot(Proposal memory) => EditFactory.Read(memory.Edit, EditJson.Default.MemoryPayload).Slot;

    private static List<string> Targets(IEnumerable<Proposal> proposals, string kind) =>
        [.. proposals.Where(one => one.Edit.Kind == kind).Select(one => one.Edit.Target).Distinct()];

    private static ProposalContext Context(
        IReadOnlyList<Edit>? edits = null, bool references = true, Dictionary<string, string>? files = null, AgentContract? contract = null, int material = 80,
        Func<int, string>? label = null)
    {
        var cases = TriageCases.Make(material + 40, references).Select((one, i) => label is null ? one : one with { Reference = label(i) }).ToList();
        var folds = new Folds().Run("baseline", "+-+-+-+-", 1000);
        var parent = "baseline";
        foreach (var edit in edits ?? [])
        {
            folds.Add(edit.Id, parent, edit).Run(edit.Id, "++++++++", 1000);
            parent = edit.Id;
        }

        return new ProposalContext
        {
            State = folds.State,
            Parent = WithTokens(folds[parent]),
            Contract = contract ?? ContractReader.Read(TriageAgent.Contract),
            Files = (files ?? TriageAgent.Files()).ToDictionary(file => file.Key, file => Encoding.UTF8.GetBytes(file.Value)),
            Material = [.. cases.Take(material).Where(one => one.Reference is not null)],
            EvaluationCases = [.. cases.Skip(material)],
            Models = [new PricedModel(TriageAgent.Dear, 1.0m, 1.0m), new PricedModel(TriageAgent.Cheap, 0.2m, 0.2m)],
        };
    }

    private static Candidate WithTokens(Candidate candidate) =>
        candidate with { Search = candidate.Search.SetItems(candidate.Search.Select(pair => KeyValuePair.Create(pair.Key, pair.Value with { InputTokens = 300 }))) };
}
