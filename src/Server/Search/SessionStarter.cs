using Espalier.Contracts.Agents;
using Espalier.Contracts.Search;
using Espalier.Contracts.Shared;
using Espalier.Core.Agents;
using Espalier.Core.Datasets;
using Espalier.Core.Runs;
using Espalier.Core.Search;
using Espalier.Core.Shared;
using Espalier.Server.Agents;

namespace Espalier.Server.Search;

/// <summary>Makes a plan out of a request, checks all that can be checked before money is spent, and starts the session.</summary>
internal sealed class SessionStarter(
    AgentDirectory agents, IDatasetStore datasets, ISessionStore sessions, IModelCatalog models, IAgentRepository repository, ISandbox sandbox, SessionHost host, TimeProvider time)
{
    public async Task<SessionHeader> StartAsync(StartSessionRequest request, CancellationToken cancellationToken)
    {
        var agent = await agents.FindAsync(request.Agent, cancellationToken);
        var baseline = await agents.ResolveAsync(request.Agent, request.Baseline, cancellationToken);
        var revision = await datasets.ResolveAsync(request.Dataset, cancellationToken);
        if (revision.Agent != request.Agent)
            throw new Refusal("dataset-of-another-agent", 422, $"Dataset {request.Dataset} belongs to {revision.Agent}.", $"Build one for {request.Agent}.");
        if (revision.Search < 4 || revision.Confirm < 2)
        {
            throw new Refusal(
                "dataset-too-small", 422, $"The revision has {revision.Search} search and {revision.Confirm} confirm cases.",
                "Bring at least 10 cases with references; 200 or more show differences worth having.");
        }

        var budget = request.Budget ?? agent.Contract.Budget.Session
            ?? throw new Refusal("budget-missing", 422, "Neither the request nor the contract names a budget.", "Give --budget 2usd, or set budget.session in espalier.yaml.");
        if (budget <= Usd.Zero) throw new Refusal("budget-missing", 422, "The budget is zero.", "Give more than nothing, such as --budget 2usd.");
        var check = await sandbox.CheckAsync(cancellationToken);
        if (!check.Usable) throw new Refusal("sandbox-unavailable", 503, check.Detail, check.Fix ?? "Run 'espalier doctor'.");

        var plan = new SessionPlan
        {
            Agent = request.Agent,
            Revision = revision.Id,
            Goal = request.Goal,
            Seed = request.Seed,
            Budget = budget,
            Models = ChooseModels(request.Models, agent.Contract, await repository.ReadFilesAsync(request.Agent, baseline.Id, cancellationToken)),
        };
        plan = plan with
        {
            EvaluationCases = Check(request.EvaluationCases ?? plan.EvaluationCases, 4, 10_000, "evaluation_cases"),
            MaxRounds = Check(request.MaxRounds ?? plan.MaxRounds, 1, 1_000, "max_rounds"),
        };
        var header = new SessionHeader(new SessionId($"ses_{Guid.CreateVersion7(time.GetUtcNow()):N}"), request.Agent, request.Name, time.GetUtcNow());
        await sessions.CreateAsync(header, cancellationToken);
        await sessions.AppendAsync(header.Id, 1, new SessionEvent.Started(plan, baseline), time.GetUtcNow(), cancellationToken);
        host.Run(header.Id);
        return header;
    }

    /// <summary>The models that were asked for; else those of the agent's slots and what their providers list.</summary>
    private IReadOnlyList<string> ChooseModels(IReadOnlyList<string>? asked, AgentContract contract, IReadOnlyDictionary<string, byte[]> files)
    {
        var slots = ModelSlots.Read(contract, files).Select(slot => slot.Model).ToList();
        var listed = models.List().Select(model => model.Name).ToList();
        foreach (var model in (asked ?? []).Concat(slots).Where(model => models.Find(model) is null))
        {
            var nearest = Nearest.Of(model, listed, 3);
            throw new Refusal(
                "model-unknown", 422, $"Model '{model}' has no provider with a known price.",
                $"{(nearest.Count > 0 ? $"Nearest: {string.Join(", ", nearest)}. " : "")}Known: {string.Join(", ", listed)}. Models of an OpenAI-compatible server "
                + "need OPENAI_BASE_URL and OPENAI_API_KEY where the server runs; prices of others go into the price file (Gateway:PriceFile).");
        }

        // An agent on real models gains nothing from the embedded ones, and the other way round.
        bool IsLocal(string model) => model.StartsWith("local/", StringComparison.Ordinal);
        var chosen = asked ?? [.. listed.Where(model => slots.Count == 0 || slots.Exists(slot => IsLocal(slot) == IsLocal(model))), .. slots];
        return [.. chosen.Distinct().Order(StringComparer.Ordinal)];
    }

    private static int Check(int value, int low, int high, string name) =>
        value >= low && value <= high ? value : throw new Refusal("value-out-of-range", 422, $"{name} is {value}.", $"Use {low} to {high}.");
}
