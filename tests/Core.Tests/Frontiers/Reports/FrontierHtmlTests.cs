using System.Text.RegularExpressions;
using System.Xml.Linq;
using Espalier.Contracts.Agents;
using Espalier.Contracts.Datasets;
using Espalier.Contracts.Frontiers;
using Espalier.Contracts.Search;
using Espalier.Core.Frontiers.Reports;
using Espalier.Testing;

namespace Espalier.Core.Tests.Frontiers.Reports;

public sealed partial class FrontierHtmlTests
{
    private const string Hostile = "</style></title></script><script>alert('x')</script><img src=x onerror=\"alert(1)\">'\" onload=alert(2) \u202Eesrever\u0008\uFFFE\u001b[31m";

    [Fact]
    public void Render_SampleReport_IsGolden() => Golden.Match(FrontierHtml.Render(SampleReport.Create()), "frontier.html");

    [Fact]
    public void Render_HostileText_NeverAppearsUnescaped()
    {
        var html = FrontierHtml.Render(Poison(SampleReport.Create()));

        // One of each of ours, none of theirs.
        Occurrences(html, "<script").ShouldBe(1);
        Occurrences(html, "</script").ShouldBe(1);
        Occurrences(html, "<style").ShouldBe(1);
        Occurrences(html, "<img").ShouldBe(0);
        Attribute().IsMatch(Tags(html)).ShouldBeFalse();
        html.ShouldContain("&lt;script&gt;alert(&#39;x&#39;)");
        html.ShouldNotContain('\u202E');
        html.ShouldAllBe(c => c == '\n' || c == '\t' || !char.IsControl(c));
    }

    [Fact]
    public void Render_HostileText_LeavesThePictureWellFormed()
    {
        var svg = XDocument.Parse(FrontierSvg.Render(Poison(SampleReport.Create())));
        svg.Descendants().Select(e => e.Name.LocalName).ShouldNotContain("script");
        svg.Descendants().Attributes().ShouldAllBe(a => !a.Name.LocalName.StartsWith("on"));
    }

    [Fact]
    public void Render_AnyReport_LoadsNothingAndAllowsOnlyItsOwnStyleAndScript()
    {
        var html = FrontierHtml.Render(SampleReport.Create());
        html.ShouldContain(FrontierHtml.Hash(Between(html, "<style>", "</style>")));
        html.ShouldContain(FrontierHtml.Hash(Between(html, "<script>", "</script>")));
        html.ShouldContain("default-src 'none'");
        var addresses = Addresses().Matches(html).Select(m => m.Groups[1].Value).ToArray();
        addresses.ShouldNotBeEmpty();
        addresses.ShouldAllBe(a => a.StartsWith('#'));
        html.ShouldNotContain("url(");
        html.ShouldNotContain("@import");
        html.ShouldNotContain(" style=");
    }

    [Fact]
    public void Render_EveryLink_LeadsToAnElement()
    {
        var html = FrontierHtml.Render(SampleReport.Create());
        foreach (var address in Addresses().Matches(html).Select(m => m.Groups[1].Value[1..]).Distinct())
            Occurrences(html, $"id=\"{address}\"").ShouldBe(1, address);
    }

    [Fact]
    public void Render_ManyVersions_FoldsBranchesThatCameToNothing()
    {
        var report = SampleReport.Create();
        var prototype = report.Nodes[^1];
        var many = Enumerable.Range(0, 90).Select(i => prototype with { Version = SampleReport.Id($"many{i}") });
        FrontierHtml.Render(report with { Nodes = [.. report.Nodes, .. many] }).ShouldContain("+91 folded");
    }

    [Fact]
    public void Render_NothingConfirmed_SaysSo()
    {
        var html = FrontierHtml.Render(SampleReport.Create() with { Points = [], Nodes = [], Refused = [], Next = [] });
        html.ShouldContain("Nothing was confirmed: the session ended before the confirm split was run.");
    }

    [Fact]
    public void Render_BooksDisagree_SaysSoBeforeTheResult()
    {
        var report = SampleReport.Create();
        var html = FrontierHtml.Render(report with { Money = report.Money with { Ledger = new(1) } });
        html.IndexOf("The books do not agree", StringComparison.Ordinal).ShouldBeInRange(0, html.IndexOf("class=\"result\"", StringComparison.Ordinal));
    }

    private static FrontierReport Poison(FrontierReport report) => report with
    {
        Session = new SessionId(Hostile),
        Agent = Hostile,
        Dataset = report.Dataset with { Name = Hostile, Revision = new RevisionId(Hostile) },
        Stop = new ReportStop(Hostile, Hostile, 1),
        Money = report.Money with { Categories = [new SpendLine(Hostile, report.Money.Spent)] },
        Points = [.. report.Points.Select(p => p with { Version = Poison(p.Version), Edits = [.. p.Edits.Select(Poison)] })],
        Nodes = [.. report.Nodes.Select(n => n with
        {
            Version = Poison(n.Version),
            Parent = n.Parent is { } parent ? Poison(parent) : null,
            Edit = n.Edit is { } edit ? Poison(edit) : null,
            StatusReason = Hostile,
            Patch = $"diff --git a/{Hostile} b/x\n--- a/{Hostile}\n+++ b/{Hostile}\n@@ -1,2 +1,2 @@ {Hostile}\n-{Hostile}\n+{Hostile}\n {Hostile}\nBinary files {Hostile}",
            BaselinePatch = Hostile,
            Wins = [.. n.Wins.Select(Poison)],
            Losses = [.. n.Losses.Select(Poison)],
        })],
        Refused = [.. report.Refused.Select(r => new RefusedEdit(Poison(r.Parent), Poison(r.Edit), 1, Hostile))],
        Next = [new ReportCommand(Hostile, Hostile)],
    };

    private static VersionId Poison(VersionId id) => new("<b>\"" + id.Value + Hostile);

    private static Edit Poison(Edit edit) => edit with { Id = Hostile, Kind = Hostile, Target = Hostile, Operation = Hostile, Payload = Hostile, Title = Hostile, Rationale = Hostile };

    private static CaseChange Poison(CaseChange change) => change with
    {
        Case = new CaseId(Hostile), Input = Hostile, Reference = Hostile, BaselineOutput = Hostile, Output = Hostile, Reason = Hostile,
    };

    private static int Occurrences(string text, string part) => text.Split(part).Length - 1;

    private static string Between(string text, string from, string to)
    {
        var start = text.IndexOf(from, StringComparison.Ordinal) + from.Length;
        return text[start..text.IndexOf(to, start, StringComparison.Ordinal)];
    }

    // All tags without what stands between quotes: what is left are names of elements and attributes.
    private static string Tags(string html) => string.Concat(Tag().Matches(html).Select(m => Quoted().Replace(m.Value, "")));

    [GeneratedRegex("<[a-zA-Z/][^>]*>")]
    private static partial Regex Tag();

    [GeneratedRegex("\"[^\"]*\"")]
    private static partial Regex Quoted();

    [GeneratedRegex(@"\son\w+\s*=", RegexOptions.IgnoreCase)]
    private static partial Regex Attribute();

    [GeneratedRegex("(?:href|src)=\"([^\"]*)\"")]
    private static partial Regex Addresses();
}
