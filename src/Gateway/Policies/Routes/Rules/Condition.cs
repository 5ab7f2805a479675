using Espalier.Core.Shared;

namespace Espalier.Gateway.Policies.Routes.Rules;

/// <summary>What must be so for a rule to hold: all that it names.</summary>
internal sealed class Condition
{
    private readonly List<Func<RouteQuestion, bool>> _tests = [];

    public bool Holds(RouteQuestion question) => _tests.TrueForAll(test => test(question));

    public static Condition Read(StrictYaml yaml)
    {
        var condition = new Condition();
        condition.AddRange(yaml, "prompt_tokens", question => question.PromptTokens);
        condition.AddRange(yaml, "tools", question => question.Tools.Count);
        condition.AddRange(yaml, "turn", question => question.Turn);
        condition.AddFlag(yaml, "has_images", question => question.HasImages);
        condition.AddFlag(yaml, "stream", question => question.Stream);
        condition.AddNames(yaml, "call_site", question => [question.CallSite]);
        condition.AddNames(yaml, "requested", question => [question.Model]);
        condition.AddNames(yaml, "tags", question => question.Tags);
        condition.AddNames(yaml, "has_tool", question => question.Tools.Select(tool => tool.Name));
        if (Patterns.Read(yaml, "message_matches") is { } pattern) condition._tests.Add(question => pattern.IsIn(question.LastUserText));
        if (yaml.Mapping("metadata") is { } metadata)
        {
            foreach (var name in metadata.Keys)
            {
                var allowed = metadata.Texts(name) ?? throw metadata.Bad(name, "is empty", "Write the value, or a list of values.");
                condition._tests.Add(question => question.Metadata(name) is { } value && allowed.Contains(value));
            }
        }

        if (yaml.Mappings("any") is { } some)
        {
            var conditions = some.Select(Read).ToList();
            condition._tests.Add(question => conditions.Exists(one => one.Holds(question)));
        }

        if (yaml.Mapping("not") is { } not)
        {
            var inner = Read(not);
            condition._tests.Add(question => !inner.Holds(question));
        }

        yaml.Finish();
        return condition._tests.Count > 0 ? condition
            : throw yaml.Bad(yaml.Keys.FirstOrDefault() ?? "when", "names no condition", "Write at least one, or leave 'when' out for a rule that always holds.");
    }

    private void AddRange(StrictYaml yaml, string key, Func<RouteQuestion, int> feature)
    {
        if (!yaml.Has(key))
        {
            _ = yaml.Text(key);
            return;
        }

        const string example = "{ min: 4000 }";
        var range = yaml.Mapping(key) ?? throw yaml.Bad(key, "is empty", $"Write '{key}: {example}'.");
        var (least, most) = (range.WholeNumber("min", 0, int.MaxValue), range.WholeNumber("max", 0, int.MaxValue));
        range.Finish();
        if (least is null && most is null) throw yaml.Bad(key, "has neither min nor max", $"Write '{key}: {example}'.");
        if (least > most) throw yaml.Bad(key, $"has min {least} above max {most}", "Write the smaller one as min.");
        _tests.Add(question => feature(question) is var value && value >= (least ?? 0) && value <= (most ?? int.MaxValue));
    }

    private void AddFlag(StrictYaml yaml, string key, Func<RouteQuestion, bool> feature)
    {
        if (yaml.Text(key) is not { } text) return;
        if (text is not ("true" or "false")) throw yaml.Bad(key, $"is '{text}'", "Write true or false.");
        var wanted = text == "true";
        _tests.Add(question => feature(question) == wanted);
    }

    /// <summary>One of the names must be there; an end of <c>*</c> stands for any end.</summary>
    private void AddNames(StrictYaml yaml, string key, Func<RouteQuestion, IEnumerable<string>> feature)
    {
        if (yaml.Texts(key) is not { } names) return;
        if (names.Count == 0) throw yaml.Bad(key, "is an empty list", "Write at least one name.");
        _tests.Add(question => feature(question).Any(value => names.Any(name => IsNamed(value, name))));
    }

    private static bool IsNamed(string value, string name) =>
        name.EndsWith('*') ? value.StartsWith(name[..^1], StringComparison.Ordinal) : value == name;
}
