using System.Text.Json.Nodes;
using Espalier.Core.Shared;
using Espalier.Server.Tests.Fakes;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.Options;

namespace Espalier.Server.Tests.Traces;

public sealed class RedactionTests(SharedServer shared)
{
    private const string Mail = "jane.roe@example.com";

    [Fact]
    public async Task Invoke_WithPersonalData_StoresPlaceholdersAndAnswersTheCallerInFull()
    {
        var server = shared.Server;
        using var folder = AgentFolder.WithDesk("redacted-desk");
        await server.PostAsync("/api/v1/agents", new JsonObject { ["path"] = folder.Path }, 201);

        var answer = await server.PostAsync("/agents/redacted-desk/invoke", new JsonObject
        {
            ["input"] = $"I was charged twice on 4111 1111 1111 1111, write to {Mail}", ["conversation"] = Mail,
        });
        var id = answer.Text("trace_id");
        await server.PostAsync("/api/v1/feedback", $$"""{"items":[{"trace_id":"{{id}}","name":"thumbs","value":1,"comment":"said {{Mail}}"}]}""");

        var trace = await server.GetAsync($"/api/v1/traces/{id}");
        var text = trace.ToJsonString();
        text.ShouldNotContain(Mail);
        text.ShouldNotContain("4111 1111");
        text.ShouldContain("[CARD:");
        text.ShouldContain("said [EMAIL:");
        (await server.GetAsync($"/api/v1/traces?conversation={Uri.EscapeDataString(Mail)}")).Items().Select(item => item.Text("trace_id")).ShouldContain(id);
    }

    [Fact]
    public void Start_WithoutAKey_MakesOneThatOnlyItsOwnerReads()
    {
        var file = Path.Combine(shared.Server.Folder, "redaction.key");

        File.ReadAllText(file).Trim().Length.ShouldBe(64);
        File.GetUnixFileMode(file).ShouldBe(UnixFileMode.UserRead | UnixFileMode.UserWrite);
    }

    [Fact]
    public async Task Start_WithAKindThatNobodyKnows_SaysWhichThereAre()
    {
        var fault = await Should.ThrowAsync<OptionsValidationException>(() => TrialServer.StartAsync(
            adjust: builder => builder.Configuration.AddInMemoryCollection([new("Traces:Redaction:Kinds:0", "names")])));

        fault.Message.ShouldContain("'names', which is no kind. Known: key, credentials, email");
    }

    [Fact]
    public async Task Start_WithAKeyThatIsTooShort_SaysHowToMakeOne()
    {
        var file = Path.GetTempFileName();
        await File.WriteAllTextAsync(file, "short", TestContext.Current.CancellationToken);

        var fault = await Should.ThrowAsync<StorageFault>(() => TrialServer.StartAsync(
            adjust: builder => builder.Configuration.AddInMemoryCollection([new("Traces:Redaction:KeyFile", file)])));

        fault.Message.ShouldContain("openssl rand -hex 32");
        File.Delete(file);
    }
}
