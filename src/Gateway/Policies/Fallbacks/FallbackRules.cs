using Espalier.Core.Shared;
using Espalier.Gateway.Calls.Fallbacks;
using Espalier.Gateway.Policies.Models;
using Espalier.Gateway.Providers;

namespace Espalier.Gateway.Policies.Fallbacks;

/// <summary>Reads whom to ask when a model fails: <c>fallbacks: { triage: [ { model: local/char-nn, on: [rate_limit, timeout] } ] }</c>, by slot or model.</summary>
internal static class FallbackRules
{
    public const string Key = "fallbacks";

    public static IReadOnlyDictionary<string, IReadOnlyList<Fallback>> Read(StrictYaml router, ModelCatalog models)
    {
        var rules = new Dictionary<string, IReadOnlyList<Fallback>>();
        if (router.Mapping(Key) is not { } named) return rules;
        foreach (var name in named.Keys)
        {
            var steps = named.Mappings(name) ?? [];
            if (steps.Count is 0 or > Fallback.Most)
                throw named.Bad(name, $"has {steps.Count} models", $"Write 1 to {Fallback.Most}, as in [{{ model: local/char-nn, on: [rate_limit, timeout] }}].");
            rules.Add(name, [.. steps.Select(step => ReadStep(step, models))]);
        }

        named.Finish();
        return rules;
    }

    private static Fallback ReadStep(StrictYaml yaml, ModelCatalog models)
    {
        var model = ModelSlots.ReadModel(yaml, models);
        var words = yaml.Texts("on") ?? [];
        yaml.Finish();
        if (Fallback.Classes(words) is { } classes) return new Fallback(model, classes);
        var wrong = words.First(word => !FailureClasses.Words.ContainsKey(word));
        throw yaml.Bad("on", $"names '{wrong}', which is no class of failures", $"Write any of {string.Join(", ", FailureClasses.Words.Keys)}.");
    }
}
