using Espalier.Contracts;
using Espalier.Contracts.Frontiers;
using Espalier.Sdk.Shared;

namespace Espalier.Sdk.Frontiers;

/// <summary>What a session found, in the forms people want it in. A session is an id, a name or <c>last</c>.</summary>
public sealed class FrontiersClient
{
    private readonly RestCaller _caller;

    internal FrontiersClient(RestCaller caller) => _caller = caller;

    public Task<FrontierReport> GetAsync(string session, CancellationToken cancellationToken = default) =>
        _caller.GetAsync(Path(session), ContractsJson.Default.FrontierReport, cancellationToken);

    /// <summary>The self-contained HTML report.</summary>
    public Task<string> HtmlAsync(string session, CancellationToken cancellationToken = default) =>
        _caller.GetTextAsync($"{Path(session)}/report.html", cancellationToken);

    public Task<string> SvgAsync(string session, CancellationToken cancellationToken = default) =>
        _caller.GetTextAsync($"{Path(session)}/plot.svg", cancellationToken);

    private static string Path(string session) => $"api/v1/sessions/{Uri.EscapeDataString(session)}/frontier";
}
