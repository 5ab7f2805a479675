using Espalier.Contracts.Runs;
using Espalier.Contracts.Traces;
using Espalier.Core.Runs;
using Espalier.Server.Tests.Fakes;
using Microsoft.Extensions.DependencyInjection;

namespace Espalier.Server.Tests.Operations;

public sealed class ApprovalsTests
{
    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Approvals_HeldCall_IsListedShownApprovedAndDeniedWithAuditEntries()
    {
        var folder = Directory.CreateTempSubdirectory("espalier-data-").FullName;
        try
        {
            await using var server = await TrialServer.StartAsync(folder);
            await server.Services.GetRequiredService<IApprovalStore>().AskAsync(
                new ToolApproval
                {
                    Id = "appr_1",
                    Agent = "desk",
                    Guardrail = "money",
                    Tool = "refund",
                    Arguments = """{"order":"A7"}""",
                    TraceId = new TraceId("0af7651916cd43dd8448eb211c80319c"),
                    State = ApprovalState.Pending,
                    Asked = DateTimeOffset.UnixEpoch,
                    Valid = TimeSpan.FromHours(2),
                    Uses = 1,
                },
                known => known, Cancel);
            (await server.GetAsync("/api/v1/approvals?agent=desk&state=pending"))["items"]!.AsArray().ShouldHaveSingleItem()!.Text("id").ShouldBe("appr_1");
            (await server.GetAsync("/api/v1/approvals?agent=other"))["items"]!.AsArray().ShouldBeEmpty();
            var approved = await server.SendAsync(HttpMethod.Post, "/api/v1/approvals/appr_1/approve", null, 200);
            (approved.Text("state"), approved["uses_left"]!.GetValue<int>()).ShouldBe(("approved", 1));
            approved.Text("decided_by").ShouldNotBeEmpty();
            (await server.SendAsync(HttpMethod.Post, "/api/v1/approvals/appr_1/deny", null, 200)).Text("state").ShouldBe("denied");
            (await server.GetAsync("/api/v1/approvals/appr_1")).Text("tool").ShouldBe("refund");
            var audit = (await server.GetAsync("/api/v1/audit?limit=1000")).ToJsonString();
            audit.ShouldContain("tool_call.approved");
            audit.ShouldContain("tool_call.denied");
            (await server.RefusedAsync(HttpMethod.Post, "/api/v1/approvals/appr_2/approve", null, 404)).Code.ShouldBe("approval-not-found");
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }
}
