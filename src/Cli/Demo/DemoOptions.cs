using System.CommandLine;
using Espalier.Cli.Output;
using Espalier.Contracts.Shared;

namespace Espalier.Cli.Demo;

/// <summary>What a demo is run with.</summary>
internal sealed record DemoOptions
{
    public required long Seed { get; init; }

    /// <summary>Requests with labels; null takes the sample's own.</summary>
    public string? Data { get; init; }

    public required Usd Budget { get; init; }

    /// <summary>Most requests of the file.</summary>
    public required int Requests { get; init; }

    /// <summary>Where everything goes; null makes a new folder under <c>.espalier/demo</c>.</summary>
    public string? WorkFolder { get; init; }

    /// <summary>Leaves the server running at the end.</summary>
    public required bool Keep { get; init; }

    /// <summary>Models of the configured endpoint, the agent's own first; empty takes the local ones.</summary>
    public required IReadOnlyList<string> Models { get; init; }
}

/// <summary>The demo's flags.</summary>
internal sealed class DemoFlags
{
    public Option<long> Seed { get; } = new("--seed") { Description = "Decides the order of requests and of proposals", HelpName = "N", DefaultValueFactory = _ => 1 };

    public Option<string?> Data { get; } = new("--data") { Description = "Requests with labels (JSONL, JSON or CSV, also .gz) instead of the sample's own", HelpName = "FILE" };

    public Option<string> Budget { get; } = new("--budget") { Description = "What the search may spend", HelpName = "MONEY", DefaultValueFactory = _ => "2usd" };

    public Option<int> Requests { get; } = new("--requests") { Description = "Most requests to take from the file", HelpName = "N", DefaultValueFactory = _ => 3000 };

    public Option<string?> WorkFolder { get; } = new("--data-dir") { Description = "Where everything goes (else a new folder under .espalier/demo)", HelpName = "DIR" };

    public Option<bool> Keep { get; } = new("--keep") { Description = "Leave the server running at the end" };

    public Option<string[]> Models { get; } = new("--model")
    {
        Description = "A model that edits may use, the agent's own first; repeat it. With OPENAI_BASE_URL and OPENAI_API_KEY set: of that endpoint",
        HelpName = "MODEL",
        AllowMultipleArgumentsPerToken = false,
    };

    public Symbol[] All => [Seed, Data, Budget, Requests, WorkFolder, Keep, Models];

    public DemoOptions Read(ParseResult parse)
    {
        var requests = parse.GetValue(Requests);
        if (requests < 20) throw CliError.Usage($"--requests is {requests}.", "A loop needs some traffic.", "Take at least 20.");
        return new DemoOptions
        {
            Seed = parse.GetValue(Seed),
            Data = parse.GetValue(Data),
            Budget = Money.Read(parse.GetValue(Budget), "--budget"),
            Requests = requests,
            WorkFolder = parse.GetValue(WorkFolder),
            Keep = parse.GetValue(Keep),
            Models = parse.GetValue(Models) ?? [],
        };
    }
}
