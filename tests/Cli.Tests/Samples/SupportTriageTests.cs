using System.Diagnostics;
using System.Text.Json;
using Espalier.Cli.Demo;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;

namespace Espalier.Cli.Tests.Samples;

/// <summary>The sample agent, really run: lines in, an ordinary chat call, lines out.</summary>
public sealed class SupportTriageTests
{
    [Fact]
    public async Task Agent_TwoRequests_AnswersEachByOneChatCall()
    {
        var cancellationToken = TestContext.Current.CancellationToken;
        var bodies = new List<JsonElement>();
        var keys = new List<string>();
        await using var model = await StartModelAsync(bodies, keys);

        var start = new ProcessStartInfo("python3", "agent.py")
        {
            WorkingDirectory = DemoFolder.FindSample(), RedirectStandardInput = true, RedirectStandardOutput = true, RedirectStandardError = true, UseShellExecute = false,
            Environment = { ["OPENAI_BASE_URL"] = model.Urls.First() + "/v1", ["OPENAI_API_KEY"] = "run-token", ["PYTHONDONTWRITEBYTECODE"] = "1" },
        };
        using var agent = Process.Start(start)!;
        await agent.StandardInput.WriteAsync("{\"id\":\"1\",\"input\":\"where is it\"}\n{\"id\":\"2\",\"input\":\"ça va?\"}\n");
        agent.StandardInput.Close();
        var output = await agent.StandardOutput.ReadToEndAsync(cancellationToken);
        var error = await agent.StandardError.ReadToEndAsync(cancellationToken);
        await agent.WaitForExitAsync(cancellationToken);

        agent.ExitCode.ShouldBe(0, error);
        output.Split('\n', StringSplitOptions.RemoveEmptyEntries).ShouldBe(["{\"id\": \"1\", \"output\": \"order_status\"}", "{\"id\": \"2\", \"output\": \"order_status\"}"]);
        keys.ShouldBe(["Bearer run-token", "Bearer run-token"]);
        bodies[0].GetProperty("model").GetString().ShouldBe("triage");
        var messages = bodies[1].GetProperty("messages");
        messages[0].GetProperty("role").GetString().ShouldBe("system");
        messages[0].GetProperty("content").GetString()!.ShouldContain("\n- order_status\n- delivery_late\n");
        messages[0].GetProperty("content").GetString()!.ShouldNotContain("{{");
        messages[1].GetProperty("content").GetString().ShouldBe("ça va?");
    }

    [Fact]
    public async Task Requests_OfTheSample_UseExactlyTheIntentsOfThePrompt()
    {
        var sample = DemoFolder.FindSample();
        var file = await Cli.Datasets.RequestReader.ReadAsync(Path.Combine(sample, "requests.jsonl"), needsLabel: true, TestContext.Current.CancellationToken);
        var intents = await File.ReadAllLinesAsync(Path.Combine(sample, "prompts", "intents.txt"), TestContext.Current.CancellationToken);

        file.Rejected.ShouldBeEmpty();
        file.Rows.Count.ShouldBeGreaterThanOrEqualTo(1200);
        intents.Length.ShouldBeGreaterThanOrEqualTo(30);
        file.Rows.Select(row => row.Label).Distinct().Order().ShouldBe(intents.Order());
    }

    private static async Task<WebApplication> StartModelAsync(List<JsonElement> bodies, List<string> keys)
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseUrls("http://127.0.0.1:0");
        var app = builder.Build();
        app.MapPost("/v1/chat/completions", (RequestDelegate)(async context =>
        {
            bodies.Add((await JsonDocument.ParseAsync(context.Request.Body, cancellationToken: context.RequestAborted)).RootElement);
            keys.Add(context.Request.Headers.Authorization.ToString());
            context.Response.ContentType = "application/json";
            await context.Response.WriteAsync("{\"choices\":[{\"message\":{\"role\":\"assistant\",\"content\":\" order_status\\n\"}}]}", context.RequestAborted);
        }));
        await app.StartAsync(TestContext.Current.CancellationToken);
        return app;
    }
}
