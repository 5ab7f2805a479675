using Espalier.Core.Shared;
using Espalier.Gateway.Calls;

namespace Espalier.Gateway.Policies.Routes.Rules;

/// <summary>The first rule whose conditions hold: <c>rules: [ { when: { prompt_tokens: { min: 4000 } }, model: large }, { model: small } ]</c>.</summary>
internal sealed record RulesRoute(IReadOnlyList<RouteRule> Rules) : IRoutePolicy
{
    public const string Key = "rules";

    private const int MostRules = 50;

    public string Name => Key;

    public string UsualModel => Rules[^1].Route.UsualModel;

    public static RulesRoute Read(StrictYaml yaml, RouteScope scope)
    {
        var rules = (yaml.Mappings(Key) ?? []).Select((rule, i) => ReadRule(rule, i, scope)).ToList();
        if (rules.Count is < 1 or > MostRules) throw yaml.Bad(Key, $"holds {rules.Count} rules", $"Write 1 to {MostRules}.");
        if (rules[^1].When is not null) throw yaml.Bad(Key, "ends with a rule that has conditions", "Add a last rule without 'when', which takes all other calls.");
        if (rules.FindIndex(rule => rule.When is null) is var always && always < rules.Count - 1)
            throw yaml.Bad(Key, $"holds rule {always + 1} without 'when', behind which none is reached", "Put it last.");
        return new RulesRoute(rules);
    }

    public Task<ReadOnlyMemory<byte>?> ServeAsync(RoutedCall call, CancellationToken cancellationToken)
    {
        var rule = Rules.First(rule => rule.When is null || rule.When.Holds(call.Question));
        call.Note("route.rule", rule.Name);
        return rule.Route.ServeAsync(call, cancellationToken);
    }

    private static RouteRule ReadRule(StrictYaml yaml, int index, RouteScope scope)
    {
        var name = yaml.Text("name") ?? $"rules[{index}]";
        var when = yaml.Mapping("when") is { } conditions ? Condition.Read(conditions) : null;
        var route = RouteReader.ReadPart(yaml, scope.Inside(yaml, name));
        yaml.Finish();
        return new RouteRule(name, when, route);
    }
}

/// <param name="Name">In traces.</param>
/// <param name="When">Null: always.</param>
/// <param name="Route">What is done with its calls.</param>
internal sealed record RouteRule(string Name, Condition? When, IRoutePolicy Route);
