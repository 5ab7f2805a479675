using System.Diagnostics;
using System.Globalization;
using System.Net.Http.Headers;
using System.Text;
using Espalier.Contracts.Agents;
using Espalier.Contracts.Runs;
using Espalier.Contracts.Shared;
using Espalier.Contracts.Traces;
using Espalier.Core.Agents;
using Espalier.Core.Datasets;
using Espalier.Core.Runs;
using Espalier.Core.Traces;
using Espalier.Gateway;
using Espalier.Testing.Fakes;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.Extensions.DependencyInjection;

namespace Espalier.GatewayLoad;

/// <summary>Requests a second of the models that run inside the gateway, through the web server on loopback: token, policies, reservation, model,
/// settlement and spans, with ledger and trace store in memory. Client and gateway share this process, so its CPU time is both together.</summary>
internal static class LocalLoad
{
    public static async Task RunAsync(int seconds, int connections)
    {
        var version = new VersionId("1111111111111111111111111111111111111111");
        var labels = string.Join('\n', Enumerable.Range(0, 34).Select(i => $"- intent_{i}: requests about topic {i} and what belongs to it"));
        var examples = LabelledExamples.Format(Enumerable.Range(0, 500).Select(i => new LabelledExample($"request number {i} that somebody once wrote about topic {i % 34}", $"intent_{i % 34}")));

        var memory = new ManyCases();
        var ledger = new InMemoryLedger(TimeProvider.System);
        await ledger.OpenAsync(new BudgetId("production"), null, CancellationToken.None);
        var builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions());
        builder.WebHost.UseKestrelCore().UseUrls("http://127.0.0.1:0");
        builder.Services.AddRoutingCore().AddLogging();
        builder.Services.AddSingleton<IAgentRepository>(new OneVersion()).AddSingleton<IMemorySource>(memory)
            .AddSingleton<ITraceWriter>(new ForgettingTraceStore()).AddSingleton<ILedger>(ledger).AddSingleton<IKeyStore, InMemoryKeyStore>()
            .AddSingleton<IApprovalStore, InMemoryApprovalStore>().AddSingleton<ICallSiteStore, InMemoryCallSiteStore>().AddSingleton<IDeferredBills, InMemoryDeferredBills>().AddSingleton<IToolStore, InMemoryToolStore>();
        builder.Services.AddGateway();
        await using var app = builder.Build();
        app.UseRouting();
        app.MapGateway();
        await app.StartAsync(CancellationToken.None);

        await LoadAsync("names only", "local/char-nn", labels);
        await LoadAsync("8 retrieved of 5,000", "triage", labels);
        await LoadAsync("500 examples, about 12,000 tokens", "local/char-nn", $"{labels}\n{examples}");
        await app.StopAsync(CancellationToken.None);

        async Task LoadAsync(string name, string model, string system)
        {
            await AskAsync(model, system, TimeSpan.FromSeconds(2), []);
            var process = Process.GetCurrentProcess();
            var cpu = process.TotalProcessorTime;
            var latencies = new List<double>();
            var clock = Stopwatch.StartNew();
            await AskAsync(model, system, TimeSpan.FromSeconds(seconds), latencies);
            var elapsed = clock.Elapsed;
            process.Refresh();
            latencies.Sort();
            Console.WriteLine(string.Create(
                CultureInfo.InvariantCulture,
                $"{name,-34} {latencies.Count / elapsed.TotalSeconds,7:0} req/s  p50 {latencies[latencies.Count / 2]:0.00} ms  p99 {latencies[latencies.Count * 99 / 100]:0.00} ms  "
                + $"{(process.TotalProcessorTime - cpu).TotalMicroseconds / latencies.Count:0} us CPU a request, client included"));
        }

        async Task AskAsync(string model, string system, TimeSpan duration, List<double> latencies)
        {
            var tokens = app.Services.GetRequiredService<IRunTokens>();
            var clock = Stopwatch.StartNew();
            await Task.WhenAll(Enumerable.Range(0, connections).Select(worker => Task.Run(async () =>
            {
                using var http = new HttpClient { BaseAddress = new Uri(app.Urls.First()) };
                var token = tokens.Issue();
                http.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", token);
                var mine = new List<double>();
                for (var i = 0; clock.Elapsed < duration; i++)
                {
                    tokens.Bind(token, Context());
                    var body = $"{{\"model\":\"{model}\",\"messages\":[{{\"role\":\"system\",\"content\":{Quote(system)}}},{{\"role\":\"user\",\"content\":\"please help with topic {i % 34} today\"}}]}}";
                    var started = Stopwatch.GetTimestamp();
                    using var content = new StringContent(body, Encoding.UTF8, "application/json");
                    using var response = await http.PostAsync(new Uri("/v1/chat/completions", UriKind.Relative), content, CancellationToken.None);
                    response.EnsureSuccessStatusCode();
                    await response.Content.ReadAsByteArrayAsync(CancellationToken.None);
                    mine.Add(Stopwatch.GetElapsedTime(started).TotalMilliseconds);
                    await tokens.UnbindAsync(token, CancellationToken.None);
                }

                lock (latencies) latencies.AddRange(mine);
            }, CancellationToken.None)));
        }

        RunContext Context() => new()
        {
            Agent = "load",
            Version = version,
            TraceId = new TraceId("00000000000000000000000000000001"),
            ParentSpan = new SpanId("0000000000000001"),
            Purpose = Purpose.Evaluation,
            Budget = new BudgetId("production"),
            RunLimit = Usd.FromDollars(1),
        };

        static string Quote(string text) => $"\"{System.Text.Json.JsonEncodedText.Encode(text)}\"";
    }
}
