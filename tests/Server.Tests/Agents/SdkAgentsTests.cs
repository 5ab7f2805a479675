using System.Text.Json.Nodes;
using Espalier.Contracts.Runs;
using Espalier.Contracts.Shared;
using Espalier.Contracts.Traces;
using Espalier.Core.Runs;
using Espalier.Server.Agents;
using Espalier.Server.Tests.Fakes;
using Espalier.Testing;
using Microsoft.Extensions.DependencyInjection;

namespace Espalier.Server.Tests.Agents;

/// <summary>Every program of the vendors' SDKs runs as a candidate and as the served agent: in the real sandbox, through the real gateway, by environment alone.</summary>
public sealed class SdkAgentsTests
{
    private const string Question = "What do 3 widgets cost in total?";

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Agents_All_RunAsCandidatesAndServed()
    {
        SdkAgent.All.Count.ShouldBeGreaterThan(0);
        var agents = new List<SdkAgent>();
        foreach (var name in SdkAgent.All) agents.Add(await SdkAgent.InstallAsync(name));
        await using var models = await ShopServer.StartAsync();
        await using var server = await TrialServer.StartAsync(adjust: builder =>
        {
            var folders = agents.Select(agent => agent.Installed).OfType<string>().ToList();
            for (var i = 0; i < folders.Count; i++) builder.Configuration[$"Workers:ReadOnlyPaths:{i}"] = folders[i];
            builder.Configuration["Gateway:OpenAi:BaseUrl"] = new Uri(models.Root, "/v1").ToString();
            builder.Configuration["Gateway:OpenAi:ApiKey"] = "sk-rt_sandbox";
            builder.Configuration["Gateway:Anthropic:BaseUrl"] = models.Root.ToString();
            builder.Configuration["Gateway:Anthropic:ApiKey"] = "sk-rt_sandbox";
            builder.Configuration["Gateway:Gemini:BaseUrl"] = models.Root.ToString();
            builder.Configuration["Gateway:Gemini:ApiKey"] = "rt_sandbox";
        });

        foreach (var agent in agents)
        {
            using var folder = agent.Write();
            var name = (await server.PostAsync("/api/v1/agents", new JsonObject { ["path"] = folder.Path }, 201)).Text("agent");
            await RunsAsync(server, name);
            var served = await server.PostAsync($"/agents/{name}/invoke", new JsonObject { ["input"] = Question });
            served["outcome"]!.Text("ended").ShouldBe("completed", $"{name}: {served.ToJsonString()}");
            served.Text("output").ShouldEndWith("37.5.", customMessage: name);
        }
    }

    /// <summary>As an evaluation runs a version.</summary>
    private static async Task RunsAsync(TrialServer server, string name)
    {
        var version = await server.Services.GetRequiredService<AgentDirectory>().ResolveAsync(name, "head", Cancel);
        var line = BudgetLines.Evaluation(name);
        await server.Services.GetRequiredService<ILedger>().OpenAsync(line, Usd.FromDollars(5), Cancel);
        var run = await server.Services.GetRequiredService<IRunner>().RunAsync(
            new RunRequest
            {
                Version = version,
                Contract = await server.Services.GetRequiredService<ServedContracts>().ReadAsync(version, Cancel),
                Input = Question,
                Purpose = Purpose.Evaluation,
                Budget = line,
            },
            Cancel);
        run.Outcome.ShouldBeOfType<Outcome.Completed>($"{name}: {run.Outcome}").Output.ShouldEndWith("37.5.", customMessage: name);
        run.Usage.Calls.ShouldBe(3, name);
        run.Usage.Cost.ShouldNotBeNull(name).ShouldBeGreaterThan(Usd.Zero);
    }
}
