using Espalier.Server.Tests.Fakes;

namespace Espalier.Server.Tests.Operations;

public sealed class DoctorTests(SharedServer shared)
{
    [Fact]
    public async Task Doctor_OnThisMachine_ChecksEveryPartAndTheAgent()
    {
        using var folder = AgentFolder.WithDesk("examined");
        folder.Write("models.yaml", "slots: 7\n");
        var checks = (await shared.Server.PostAsync($"/api/v1/doctor?path={Uri.EscapeDataString(folder.Path)}", ""))["checks"]!.AsArray();

        checks.Select(check => check!.Text("name")).ShouldBe(["server", "disk", "control plane", "trace store", "otlp", "sandbox", "models", "contract", "models.yaml"]);
        foreach (var check in checks.Where(check => !(bool)check!["ok"]!)) check!.Text("fix").ShouldNotBeEmpty();
        ((bool)checks.Single(check => check!.Text("name") == "sandbox")!["ok"]!).ShouldBeTrue(checks.ToJsonString());
        ((bool)checks.Single(check => check!.Text("name") == "contract")!["ok"]!).ShouldBeTrue();
        ((bool)checks[^1]!["ok"]!).ShouldBeFalse();
    }

    [Fact]
    public async Task Doctor_OfAFolderThatIsNotThere_SaysSo()
    {
        var checks = (await shared.Server.PostAsync("/api/v1/doctor?path=/nowhere-at-all", ""))["checks"]!.AsArray();

        checks[^1]!.Text("detail").ShouldContain("/nowhere-at-all");
    }
}
