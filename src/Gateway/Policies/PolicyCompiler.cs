using System.Text;
using Espalier.Core.Agents;
using Espalier.Core.Shared;
using Espalier.Gateway.Calls.Fallbacks;
using Espalier.Gateway.Policies.Fallbacks;
using Espalier.Gateway.Policies.Guardrails;
using Espalier.Gateway.Policies.Memory;
using Espalier.Gateway.Policies.Memory.History;
using Espalier.Gateway.Policies.Memory.Order;
using Espalier.Gateway.Policies.Memory.Retrieval;
using Espalier.Gateway.Policies.Memory.Summary;
using Espalier.Gateway.Policies.Models;
using Espalier.Gateway.Policies.Routes;
using Espalier.Gateway.Providers;

namespace Espalier.Gateway.Policies;

/// <summary>Turns the policy files of a version into what the gateway does with its calls.</summary>
internal sealed class PolicyCompiler(ModelCatalog models, CaseIndexes indexes, GuardReader guards, TimeProvider time)
{
    private const string ModelsFile = "models.yaml";
    private const string RouterFile = "router.yaml";
    private const string MemoryFile = "memory.yaml";
    private const string GuardrailsFile = "guardrails.yaml";
    private const string CacheKey = "cache";

    public static IReadOnlyList<string> FileNames { get; } = [ModelsFile, RouterFile, MemoryFile, GuardrailsFile];

    /// <exception cref="Refusal">A file is wrong; the message names file, line, key and fix.</exception>
    public VersionPolicies Compile(IReadOnlyDictionary<string, byte[]> files)
    {
        var slots = CompileSlots(files);
        var router = Open(files, RouterFile);
        var fallbacks = router is null ? new Dictionary<string, IReadOnlyList<Fallback>>() : FallbackRules.Read(router, models);
        return new VersionPolicies(slots, CompileRoutes(files, slots), CompileMemory(files, slots))
        {
            Fallbacks = fallbacks,
            Cached = (router?.Texts(CacheKey) ?? []).ToHashSet(),
            Guards = CompileGuards(files),
            Capture = ContractReader.Captures(files),
        };
    }

    /// <exception cref="Refusal">That file is wrong.</exception>
    public void Check(string file, IReadOnlyDictionary<string, byte[]> files)
    {
        // The other files refer to slots; a broken models.yaml is reported once, for itself.
        IReadOnlyDictionary<string, ModelSlot>? slots = null;
        try
        {
            slots = CompileSlots(files);
        }
        catch (Refusal) when (file != ModelsFile)
        {
        }

        if (file == RouterFile) CompileRoutes(files, slots);
        else if (file == MemoryFile) CompileMemory(files, slots);
        else if (file == GuardrailsFile) CompileGuards(files);
    }

    private IReadOnlyDictionary<string, ModelSlot> CompileSlots(IReadOnlyDictionary<string, byte[]> files)
    {
        if (Open(files, ModelsFile) is not { } yaml) return new Dictionary<string, ModelSlot>();
        var slots = Models.ModelSlots.Read(yaml, models);
        yaml.Finish();
        return slots;
    }

    private RouteTable CompileRoutes(IReadOnlyDictionary<string, byte[]> files, IReadOnlyDictionary<string, ModelSlot>? slots)
    {
        if (Open(files, RouterFile) is not { } yaml) return RouteTable.None;
        var bySlot = ReadRoutes(yaml, "routes", files, (routes, slot) => CheckSlot(routes, slot, slot, slots));
        var bySite = ReadRoutes(yaml, "call_sites", files, (_, _) => { });
        var other = yaml.Mapping("default") is { } route ? RouteReader.Read(route, new RouteScope(models, files, "default", 0)) : null;
        FallbackRules.Read(yaml, models);
        yaml.Texts(CacheKey);
        yaml.Finish();
        return new RouteTable(bySlot, bySite, other);
    }

    private Dictionary<string, IRoutePolicy> ReadRoutes(StrictYaml yaml, string key, IReadOnlyDictionary<string, byte[]> files, Action<StrictYaml, string> check)
    {
        var read = new Dictionary<string, IRoutePolicy>();
        if (yaml.Mapping(key) is not { } routes) return read;
        foreach (var name in routes.Keys)
        {
            check(routes, name);
            if (routes.Mapping(name) is { } route) read.Add(name, RouteReader.Read(route, new RouteScope(models, files, $"{key}.{name}", 0)));
        }

        return read;
    }

    private List<IMemoryPolicy> CompileMemory(IReadOnlyDictionary<string, byte[]> files, IReadOnlyDictionary<string, ModelSlot>? slots)
    {
        if (Open(files, MemoryFile) is not { } yaml) return [];
        var policies = new List<IMemoryPolicy>();
        // What shortens first: what is trimmed away can still be looked up, but what was looked up is never trimmed.
        if (yaml.Mapping(HistoryPolicy.Key) is { } history)
        {
            policies.Add(HistoryPolicy.Read(history));
            history.Finish();
        }

        if (yaml.Mapping(SummaryPolicy.Key) is { } summary)
        {
            if (policies.Count > 0) throw yaml.Bad(SummaryPolicy.Key, $"stands beside '{HistoryPolicy.Key}', which would leave it nothing", "Keep one of them.");
            policies.Add(SummaryPolicy.Read(summary, models));
            summary.Finish();
        }

        var order = OrderPolicy.Read(yaml);
        if (order is not null) policies.Add(order);
        if (yaml.Mapping(RetrievalPolicy.Key) is { } retrieval)
        {
            var rule = RetrievalRule.Read(retrieval, cached: order is not null);
            if (rule.Slot is { } slot) CheckSlot(retrieval, "slot", slot, slots);
            policies.Add(new RetrievalPolicy(rule, indexes, time));
            retrieval.Finish();
        }

        yaml.Finish();
        return policies;
    }

    private IReadOnlyList<Guard> CompileGuards(IReadOnlyDictionary<string, byte[]> files)
    {
        if (Open(files, GuardrailsFile) is not { } yaml) return [];
        var read = guards.Read(yaml, files);
        yaml.Finish();
        return read;
    }

    private static void CheckSlot(StrictYaml yaml, string key, string slot, IReadOnlyDictionary<string, ModelSlot>? slots)
    {
        if (slots is null || slots.ContainsKey(slot)) return;
        var nearest = Nearest.Of(slot, slots.Keys, 1);
        throw yaml.Bad(
            key,
            $"names the slot '{slot}', which {ModelsFile} does not have",
            slots.Count == 0 ? $"Write {ModelsFile} with 'slots: {{ {slot}: {{ model: local/char-nn }} }}'."
                : $"{(nearest.Count > 0 ? $"Did you mean '{nearest[0]}'? " : "")}Slots: {string.Join(", ", slots.Keys.Order(StringComparer.Ordinal))}.");
    }

    private static StrictYaml? Open(IReadOnlyDictionary<string, byte[]> files, string file)
    {
        if (!files.TryGetValue(file, out var bytes)) return null;
        var text = Encoding.UTF8.GetString(bytes);
        // A file with nothing but comments says nothing.
        return text.Split('\n').All(line => line.AsSpan().Trim() is [] or ['#', ..]) ? null : StrictYaml.Parse(file, text);
    }
}
