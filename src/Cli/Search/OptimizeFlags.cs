using System.CommandLine;
using Espalier.Cli.Agents;
using Espalier.Cli.Output;
using Espalier.Contracts.Search;

namespace Espalier.Cli.Search;

/// <summary>The flags of <c>optimize</c>.</summary>
internal sealed class OptimizeFlags
{
    private static readonly string[] Goals = ["debugging", "improvement", "regression"];

    public Option<string> Goal { get; } = new("--goal") { HelpName = "debugging|improvement|regression", Description = "What the search is for", DefaultValueFactory = _ => "improvement" };

    public Option<string?> Budget { get; } = Flags.Budget();

    public Option<string?> Dataset { get; } = new("--dataset") { HelpName = "D", Description = "A name, name@revision or a revision (else the agent's newest, else built from its traffic)" };

    public Option<string?> Data { get; } = new("--data") { HelpName = "FILE", Description = "Import this file of cases first and search on it" };

    public Option<string?> Baseline { get; } = new("--baseline") { HelpName = "VERSION", Description = "The version to start from (else the one that serves)" };

    public Option<string[]> Models { get; } = new("--model") { HelpName = "MODEL", Description = "A model that edits may use; repeat for several (else all that are priced)" };

    public Option<long> Seed { get; } = Flags.Seed();

    public Option<int?> EvaluationCases { get; } = new("--evaluation-cases") { HelpName = "N", Description = "Cases of the search split that a version is run on" };

    public Option<int?> MaxRounds { get; } = new("--max-rounds") { HelpName = "N", Description = "Most rounds" };

    public Option<string?> Name { get; } = new("--name") { HelpName = "NAME", Description = "A name for the session" };

    public Option<string?> Resume { get; } = new("--resume") { HelpName = "SESSION", Description = "Go on with an interrupted session (the newest)", Arity = System.CommandLine.ArgumentArity.ZeroOrOne };

    public Option<bool> Detach { get; } = new("--detach") { Description = "Return once it has started" };

    public Option<string?> Agent { get; } = Flags.Agent();

    public Symbol[] All => [Goal, Budget, Dataset, Data, Baseline, Models, Seed, EvaluationCases, MaxRounds, Name, Resume, Detach, Agent];

    public static Goal ReadGoal(string text) => text switch
    {
        "debugging" => Contracts.Search.Goal.Debugging,
        "improvement" => Contracts.Search.Goal.Improvement,
        "regression" => Contracts.Search.Goal.Regression,
        _ => throw CliError.Usage($"--goal is \"{text}\".", $"It is one of {string.Join(", ", Goals)}.", $"Write --goal {Nearest.Of(text, Goals, 1)[0]}"),
    };
}
