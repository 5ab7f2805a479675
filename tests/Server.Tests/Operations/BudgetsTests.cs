using Espalier.Server.Tests.Fakes;

namespace Espalier.Server.Tests.Operations;

public sealed class BudgetsTests(SharedServer shared)
{
    private TrialServer Server => shared.Server;

    [Fact]
    public async Task Put_LimitOfALineOfTheOperators_IsSetLiftedAndAudited()
    {
        var key = (await Server.PostAsync("/api/v1/keys", """{"name":"limited","scopes":["call"]}""", 201))["key"]!.Text("id");
        (await Server.GetAsync($"/api/v1/budgets/keys/{key}"))["limit"].ShouldBeNull();
        var set = await Server.SendAsync(HttpMethod.Put, $"/api/v1/budgets/keys/{key}", """{"limit":"20usd"}""", 200);
        set["limit"]!["nano_usd"]!.GetValue<long>().ShouldBe(20_000_000_000);
        (await Server.SendAsync(HttpMethod.Put, $"/api/v1/budgets/keys/{key}", """{"limit":null}""", 200))["limit"].ShouldBeNull();
        (await Server.GetAsync("/api/v1/audit?limit=1000")).ToJsonString().ShouldContain($"\"keys/{key}\"");
        (await Server.GetAsync("/api/v1/budgets/project"))["id"]!.GetValue<string>().ShouldBe("project");
    }

    [Theory]
    [InlineData("session/7", """{"limit":"1usd"}""", 422, "budget-not-valid")]
    [InlineData("keys/key_none", """{"limit":"1usd"}""", 404, "budget-not-found")]
    [InlineData("project", """{"limit":{"nano_usd":-1}}""", 422, "budget-not-valid")]
    public async Task Put_LimitThatMayNotBe_IsRefused(string line, string body, int status, string code) =>
        (await Server.RefusedAsync(HttpMethod.Put, $"/api/v1/budgets/{line}", body, status)).Code.ShouldBe(code);
}
