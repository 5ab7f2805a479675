using Espalier.Contracts.Frontiers;
using Espalier.Core.Frontiers.Reports;
using Microsoft.AspNetCore.Http.HttpResults;

namespace Espalier.Server.Frontiers;

internal static class FrontiersEndpoints
{
    public static void MapFrontiers(this IEndpointRouteBuilder routes)
    {
        var frontier = routes.MapGroup("/sessions/{session}/frontier").WithTags("frontiers");
        frontier.MapGet("/", ShowAsync).WithSummary("The confirmed frontier with its tree").ProducesProblem(404).ProducesProblem(409);
        frontier.MapGet("/report.html", HtmlAsync).WithSummary("The report as one self-contained page").Produces<string>(200, "text/html").ProducesProblem(404).ProducesProblem(409);
        frontier.MapGet("/plot.svg", SvgAsync).WithSummary("The plot").Produces<string>(200, "image/svg+xml").ProducesProblem(404).ProducesProblem(409);
    }

    private static async Task<Ok<FrontierReport>> ShowAsync(string session, FrontierReports reports, CancellationToken cancellationToken) =>
        TypedResults.Ok(await reports.BuildAsync(session, cancellationToken));

    private static async Task<ContentHttpResult> HtmlAsync(string session, FrontierReports reports, CancellationToken cancellationToken) =>
        TypedResults.Content(FrontierHtml.Render(await reports.BuildAsync(session, cancellationToken)), "text/html; charset=utf-8");

    private static async Task<ContentHttpResult> SvgAsync(string session, FrontierReports reports, CancellationToken cancellationToken) =>
        TypedResults.Content(FrontierSvg.Render(await reports.BuildAsync(session, cancellationToken)), "image/svg+xml");
}
