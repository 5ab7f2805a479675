using Espalier.Contracts.Agents;
using Espalier.Contracts.Datasets;
using Espalier.Contracts.Frontiers;
using Espalier.Contracts.Search;
using Espalier.Contracts.Shared;
using Espalier.Core.Frontiers.Statistics;

namespace Espalier.Testing;

/// <summary>A report of one invented session, always the same: for golden files and for looking at.</summary>
public static class SampleReport
{
    private const int Confirm = 200;

    public static FrontierReport Create()
    {
        var baseline = Id("base");
        var cheap = new Node("cheap", "base", NodeStatus.Frontier, "model", "Use local/word-nn for slot triage", 0.283, 9_100, 2);
        var memory = new Node("memory", "base", NodeStatus.Shortlisted, "memory", "Show the 8 nearest past requests with their intents", 0.592, 21_400, 1);
        var trimmed = new Node("trimmed", "memory", NodeStatus.Frontier, "context", "Send the last message only", 0.600, 18_050, 2);
        var confused = new Node("confused", "trimmed", NodeStatus.Frontier, "instruction", "Tell delivery_late from order_status", 0.633, 19_700, 3);
        var cascade = new Node("cascade", "confused", NodeStatus.Frontier, "route", "Ask local/char-ridge when local/word-nn is below 0.55", 0.692, 33_900, 4);
        Node[] nodes =
        [
            cheap, memory, trimmed, confused, cascade,
            new("few", "base", NodeStatus.Dominated, "examples", "Add one example for each of 34 intents", 0.458, 52_300, 1),
            new("dear", "base", NodeStatus.Shortlisted, "model", "Use local/char-ridge for slot triage", 0.392, 164_000, 1),
            new("glossary", "base", NodeStatus.Pruned, "instruction", "Explain the 6 intents that are confused most", 0.325, 44_800, 1),
            new("memory16", "memory", NodeStatus.Dominated, "memory", "Show 16 nearest requests instead of 8", 0.583, 36_200, 2),
            new("memory4", "memory", NodeStatus.Pruned, "memory", "Show 4 nearest requests instead of 8", 0.508, 16_900, 2),
            new("both", "memory", NodeStatus.Pruned, "examples", "Add two examples for each confused pair", 0.575, 47_000, 3),
            new("strict", "trimmed", NodeStatus.Pruned, "instruction", "Answer with the intent's name only", 0.592, 18_400, 3),
            new("wide", "confused", NodeStatus.Active, "route", "Ask local/char-ridge when local/word-nn is below 0.80", 0.683, 58_800, 4),
            new("cheaper", "cheap", NodeStatus.Pruned, "context", "Send the first 200 characters only", 0.192, 7_900, 3),
        ];
        var tree = new List<ReportNode> { Baseline(baseline) };
        tree.AddRange(nodes.Select(n => ToNode(n, nodes)));
        return new FrontierReport
        {
            Session = new SessionId("ses_01jdkq7w5n"),
            Agent = "support-triage",
            Goal = Goal.Improvement,
            Seed = 7,
            Dataset = new ReportDataset { Name = "triage", Revision = new RevisionId("rev_3f9c2a71d0"), Search = 612, Confirm = Confirm, Vault = 148 },
            Money = Money(482_911_204, 61_204_118),
            Stop = new ReportStop("stall", "The frontier has not moved for 3 rounds.", 7),
            Points =
            [
                Point("base", nodes, 62, 0, 0, 41_200, 40_100, 42_400, isBaseline: true, onFrontier: false),
                Point("cheap", nodes, 55, 20, 27, 9_140, 8_700, 9_610, isBaseline: false, onFrontier: true),
                Point("trimmed", nodes, 118, 64, 8, 18_020, 17_100, 19_060, isBaseline: false, onFrontier: true),
                Point("confused", nodes, 125, 71, 8, 19_690, 18_700, 20_790, isBaseline: false, onFrontier: true),
                Point("cascade", nodes, 136, 81, 7, 33_870, 30_200, 37_820, isBaseline: false, onFrontier: true),
                Point("memory", nodes, 117, 63, 8, 21_350, 20_300, 22_500, isBaseline: false, onFrontier: false),
                Point("dear", nodes, 78, 25, 9, 163_900, 160_800, 167_100, isBaseline: false, onFrontier: false),
            ],
            Nodes = tree,
            Refused =
            [
                new RefusedEdit(Id("confused"), Edit("examples", "Add example 'tent arrived with a broken pole'"), 5, "Copies the text of a confirm case."),
                new RefusedEdit(Id("memory"), Edit("instruction", "Explain how answers are judged"), 3, "Speaks to the judge."),
            ],
            Next =
            [
                new ReportCommand("See the diff of the best version against the baseline", $"espalier diff {Id("base").Value[..7]} {Id("confused").Value[..7]}"),
                new ReportCommand("Serve it", $"espalier release {Id("confused").Value[..7]}"),
                new ReportCommand("Take it back at any time", "espalier rollback support-triage"),
                new ReportCommand("Run the same search again", "espalier optimize support-triage --dataset triage@rev_3f9c2a71d0 --budget 2usd --seed 7"),
            ],
        };
    }

    /// <summary>A version id that depends on its name alone.</summary>
    public static VersionId Id(string name) =>
        new(Convert.ToHexStringLower(System.Security.Cryptography.SHA256.HashData(System.Text.Encoding.UTF8.GetBytes(name)))[..40]);

    public static Edit Edit(string kind, string title) => new()
    {
        Id = "edit_" + Id(title).Value[..12],
        Kind = kind,
        Target = kind == "route" ? "router.yaml" : kind == "memory" ? "memory.yaml" : "prompts/triage.md",
        Operation = "set",
        Payload = "{}",
        Title = title,
        Rationale = "43 of 83 failures of the parent are answered with a neighbouring intent; on them the nearest past requests name the right one.",
    };

    private static ReportMoney Money(long search, long confirm) => new()
    {
        Budget = Usd.FromDollars(2),
        Spent = new Usd(search + confirm),
        Ledger = new Usd(search + confirm),
        Attempts = new Usd(search + confirm),
        Categories = [new SpendLine("search", new Usd(search)), new SpendLine("confirm", new Usd(confirm))],
    };

    private static FrontierPoint Point(
        string name, Node[] nodes, int passed, int wins, int losses, long cost, long low, long high, bool isBaseline, bool onFrontier)
    {
        var both = 62 - losses;
        return new FrontierPoint
        {
            Version = Id(name),
            IsBaseline = isBaseline,
            OnFrontier = onFrontier,
            Cases = Confirm,
            PassRate = RateIntervals.Wilson(passed, Confirm),
            CostPerRequest = new Usd(cost),
            CostLow = new Usd(low),
            CostHigh = new Usd(high),
            Difference = isBaseline ? new Interval(0, 0, 0) : PairedDifference.Newcombe(new PairedCounts(both, wins, losses, Confirm - both - wins - losses)),
            Wins = wins,
            Losses = losses,
            Edits = Edits(name, nodes),
        };
    }

    private static Edit[] Edits(string name, Node[] nodes)
    {
        var node = nodes.FirstOrDefault(n => n.Name == name);
        return node is null ? [] : [.. Edits(node.Parent, nodes), Edit(node.Kind, node.Title)];
    }

    private static ReportNode Baseline(VersionId id) => new()
    {
        Version = id, Status = NodeStatus.Baseline, Depth = 0, Round = 0, SearchCases = 120,
        SearchPassRate = RateIntervals.Wilson(38, 120), SearchCost = new Usd(41_350), Patch = "", Wins = [], Losses = [],
    };

    private static ReportNode ToNode(Node node, Node[] nodes)
    {
        var cases = node.Status == NodeStatus.Pruned ? 40 : 120;
        var passed = (int)Math.Round(node.Rate * cases);
        return new ReportNode
        {
            Version = Id(node.Name),
            Parent = Id(node.Parent),
            Edit = Edit(node.Kind, node.Title),
            Status = node.Status,
            StatusReason = node.Status switch
            {
                NodeStatus.Pruned => $"Stopped after 40 cases: chance of joining the frontier 0.01.",
                NodeStatus.Dominated => $"{Id("confused").Value[..7]} passes more and costs less, with probability 0.98.",
                _ => null,
            },
            Depth = Edits(node.Name, nodes).Length,
            Round = node.Round,
            SearchCases = cases,
            SearchPassRate = RateIntervals.Wilson(passed, cases),
            SearchCost = new Usd(node.Cost),
            Patch = Patch(node),
            BaselinePatch = node.Parent == "base" ? null : Patch(nodes.First(n => n.Name == node.Parent)) + Patch(node),
            Wins = [.. s_requests.Take(node.Status == NodeStatus.Pruned ? 2 : 4).Select((r, i) => Change(i, r.Input, r.Intent, "order_status", r.Intent))],
            Losses = [Change(9, "can i still change the address, it ships tomorrow I think", "address_change", "address_change", "delivery_late")],
        };
    }

    private static readonly (string Input, string Intent)[] s_requests =
    [
        ("My trip starts Friday and I still only have a confirmation mail", "delivery_late"),
        ("the zipper on the Fell 2 came apart on day ONE. what now??", "warranty_claim"),
        ("hi, paid twice for TT-48213 it seems, bank shows two lines", "double_charge"),
        ("Would the 42 in the Ridge boots be closer to a 9 or a 9.5 in US sizes?", "size_advice"),
    ];

    private static CaseChange Change(int number, string input, string reference, string before, string after) => new()
    {
        Case = new CaseId($"case_{Id($"c{number}").Value[..10]}"),
        Input = input,
        Reference = reference,
        BaselineOutput = before,
        Output = after,
        Reason = after == reference ? "Equal to the reference." : $"Expected {reference}, got {after}.",
    };

    private static string Patch(Node node) => node.Kind switch
    {
        "memory" => """
            diff --git a/memory.yaml b/memory.yaml
            new file mode 100644
            --- /dev/null
            +++ b/memory.yaml
            @@ -0,0 +1,4 @@
            +retrieval:
            +  index: cases
            +  top: 8
            +  min_score: 0.18

            """,
        "route" => """
            diff --git a/router.yaml b/router.yaml
            --- a/router.yaml
            +++ b/router.yaml
            @@ -1,3 +1,6 @@
             slots:
               triage:
            -    model: local/word-nn
            +    cascade:
            +      - model: local/word-nn
            +        min_confidence: 0.55
            +      - model: local/char-ridge

            """,
        _ => """
            diff --git a/prompts/triage.md b/prompts/triage.md
            --- a/prompts/triage.md
            +++ b/prompts/triage.md
            @@ -3,5 +3,7 @@
             Name the intent of the customer's message.
            -Answer with the intent.
            +Answer with the intent's name and nothing else.
            +"delivery_late" is a parcel past its date; "order_status" asks where
            +something is that may well be on time.
             
             Intents:
             - order_status

            """,
    };

    private sealed record Node(string Name, string Parent, NodeStatus Status, string Kind, string Title, double Rate, long Cost, int Round);
}
