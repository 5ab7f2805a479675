using System.Xml.Linq;
using Espalier.Core.Frontiers.Reports;
using Espalier.Testing;

namespace Espalier.Core.Tests.Frontiers.Reports;

public sealed class FrontierSvgTests
{
    [Fact]
    public void Render_SampleReport_IsGolden() => Golden.Match(FrontierSvg.Render(SampleReport.Create()), "frontier.svg");

    [Fact]
    public void Render_SampleReport_IsWellFormed() => XDocument.Parse(FrontierSvg.Render(SampleReport.Create())).Root!.Name.LocalName.ShouldBe("svg");
}
