using Espalier.Core.Frontiers.Reports;
using Espalier.Testing;

namespace Espalier.Core.Tests.Frontiers.Reports;

public sealed class FrontierHtmlTests
{
    [Fact]
    public void Render_SampleReport_IsGolden() => Golden.Match(FrontierHtml.Render(SampleReport.Create()), "frontier.html");
}
