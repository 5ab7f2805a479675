using System.Collections.Concurrent;
using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Text;
using System.Text.Json;
using Espalier.Contracts;
using Espalier.Contracts.Shared;
using Espalier.Contracts.Traces;
using Espalier.Core.Shared;
using Espalier.Loop.Tests.Programs;

namespace Espalier.Loop.Tests.Traces;

/// <summary>The server and its store are killed without a word, over and over, while clients export. ESPALIER_CRASH_ROUNDS says how often.</summary>
public sealed class IngestCrashTests
{
    private const int Senders = 4;
    private const int TracesInBatch = 10;
    private const int UsualRounds = 6;

    private static readonly int Rounds = int.TryParse(Environment.GetEnvironmentVariable("ESPALIER_CRASH_ROUNDS"), CultureInfo.InvariantCulture, out var asked) ? asked : UsualRounds;

    private readonly ConcurrentDictionary<string, byte> _acknowledged = new(StringComparer.Ordinal);
    private volatile Uri? _otlp;
    private int _batches;
    private int _retries;

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Export_ServerAndStoreKilledAtRandom_LosesNothingAndDoublesNothing()
    {
        await using var place = new Place();
        place.Variables["ESPALIER_Server__Otlp__HttpPort"] = "0";
        place.Variables["ESPALIER_Server__Otlp__GrpcPort"] = "0";
        var server = await StartAsync(place);
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(Token);
        var sending = Enumerable.Range(0, Senders).Select(_ => SendAsync(stop.Token)).ToList();
        var dice = new Seed(1).For("kills");
        var (servers, stores) = (0, 0);
        for (var round = 0; round < Rounds; round++)
        {
            var before = _acknowledged.Count;
            await Eventually.TrueAsync(() => _acknowledged.Count > before, "a batch was acknowledged since the last kill");
            await Task.Delay(TimeSpan.FromMilliseconds(dice.Next(700)), Token);
            if (dice.Next(2) == 0 && await KillStoreAsync(place))
            {
                stores++;
                continue;
            }

            await place.KillServerAsync();
            await server.DisposeAsync();
            servers++;
            server = await StartAsync(place);
        }

        var last = _acknowledged.Count;
        await Eventually.TrueAsync(() => _acknowledged.Count > last, "a batch was acknowledged after the last kill");
        await stop.CancelAsync();
        await Task.WhenAll(sending);

        using var client = place.Client();
        var stored = new Dictionary<string, TraceSummary>(StringComparer.Ordinal);
        string? cursor = null;
        do
        {
            var page = await client.Traces.ListAsync(new TraceQuery { Limit = 1000, Cursor = cursor }, Token);
            foreach (var trace in page.Items) stored.Add(trace.TraceId.Value, trace);
            cursor = page.NextCursor;
        }
        while (cursor is not null);
        var totals = await client.Traces.TotalsAsync(new TraceQuery(), Token);
        TestContext.Current.SendDiagnosticMessage(
            $"{Rounds} kills ({servers} of the server, {stores} of the store), {_batches} batches, {_retries} sent again, {_acknowledged.Count} traces acknowledged, {stored.Count} stored");
        _acknowledged.Keys.Where(id => !stored.ContainsKey(id)).ShouldBeEmpty();
        totals.Traces.ShouldBe(stored.Count);
        stored.Values.ShouldAllBe(trace => trace.Spans == 3 && trace.ModelCalls == 2 && trace.Usage.InputTotal() == 30 && trace.Cost == new Usd(3_000_000));
        totals.Cost.ShouldBe(new Usd(3_000_000L * stored.Count));
        foreach (var id in stored.Keys.Where((_, i) => i % Math.Max(1, stored.Count / 20) == 0))
            (await client.Traces.GetAsync(new TraceId(id), Token)).Spans.Count.ShouldBe(3);
        (servers + stores).ShouldBe(Rounds);
        await server.DisposeAsync();
    }

    private async Task<Running> StartAsync(Place place)
    {
        _otlp = null;
        // What the killed one left would be taken for the new one's.
        if (place.ReadServer() is not null) File.Delete(Path.Combine(place.Data, "server.json"));
        var server = Running.Start(["dotnet", BuiltPrograms.Server, "--data", place.Data, "--port", "0"], place.Folder, place.Variables, null);
        await Eventually.TrueAsync(() => place.ReadServer() is not null, "the server says where it is");
        _otlp = new Uri(place.ReadServer()!.OtlpHttp!, "v1/traces");
        return server;
    }

    private static async Task<bool> KillStoreAsync(Place place)
    {
        using var http = new HttpClient { BaseAddress = place.ReadServer()!.Url };
        http.DefaultRequestHeaders.Authorization = new("Bearer", (await File.ReadAllTextAsync(Path.Combine(place.Data, "token"), Token)).Trim());
        var said = JsonSerializer.Deserialize(await http.GetByteArrayAsync(new Uri("/api/v1/diagnostics", UriKind.Relative), Token), ContractsJson.Default.ServerDiagnostics)!;
        if (said.TraceStoreProcessId is not { } id) return false;
        try
        {
            using var store = Process.GetProcessById(id);
            store.Kill();
            return true;
        }
        catch (ArgumentException)
        {
            // It died with the round before, and nobody has noticed yet.
            return false;
        }
    }

    // As exporters do: what was not acknowledged is sent again until it is.
    private async Task SendAsync(CancellationToken cancellationToken)
    {
        using var http = new HttpClient { Timeout = TimeSpan.FromSeconds(20) };
        while (!cancellationToken.IsCancellationRequested)
        {
            var batch = Interlocked.Increment(ref _batches);
            var ids = Enumerable.Range(0, TracesInBatch).Select(i => $"{batch:x16}{i + 1:x16}").ToList();
            var body = Body(ids);
            while (!await TrySendAsync(http, body))
            {
                Interlocked.Increment(ref _retries);
                await Task.Delay(TimeSpan.FromMilliseconds(50), CancellationToken.None);
            }

            foreach (var id in ids) _acknowledged[id] = 1;
        }
    }

    private async Task<bool> TrySendAsync(HttpClient http, string body)
    {
        if (_otlp is not { } address) return false;
        try
        {
            using var answer = await http.PostAsync(address, new StringContent(body, Encoding.UTF8, "application/json"), CancellationToken.None);
            return answer.StatusCode == HttpStatusCode.OK;
        }
        catch (Exception error) when (error is HttpRequestException or TaskCanceledException)
        {
            return false;
        }
    }

    private static string Body(List<string> ids)
    {
        var spans = new StringBuilder();
        foreach (var id in ids)
        {
            Add(id, 1, null, "invoke_agent", "");
            for (var call = 2; call <= 3; call++)
            {
                var tokens = call == 2 ? 10 : 20;
                Add(id, call, 1, "chat", $$$"""
                    ,{"key":"gen_ai.request.model","value":{"stringValue":"some-model"}},
                    {"key":"gen_ai.usage.input_tokens","value":{"intValue":"{{{tokens}}}"}},{"key":"gen_ai.usage.output_tokens","value":{"intValue":"5"}},
                    {"key":"gen_ai.usage.cost","value":{"doubleValue":0.00{{{tokens / 10}}}}}
                    """);
            }
        }

        return $$$"""{"resourceSpans":[{"resource":{"attributes":[{"key":"service.name","value":{"stringValue":"crash"}}]},"scopeSpans":[{"spans":[{{{spans}}}]}]}]}""";

        void Add(string trace, int span, int? parent, string operation, string more)
        {
            if (spans.Length > 0) spans.Append(',');
            var start = 1_900_000_000L * 1_000_000_000 + long.Parse(trace[..16], NumberStyles.HexNumber, CultureInfo.InvariantCulture) * 1_000_000 + span;
            spans.Append(CultureInfo.InvariantCulture, $$$"""
                {"traceId":"{{{trace}}}","spanId":"{{{trace[^12..]}}}000{{{span}}}","parentSpanId":"{{{(parent is null ? "" : $"{trace[^12..]}000{parent}")}}}","name":"{{{operation}}}","kind":1,
                "startTimeUnixNano":"{{{start}}}","endTimeUnixNano":"{{{start + 1_000_000}}}","status":{},
                "attributes":[{"key":"gen_ai.operation.name","value":{"stringValue":"{{{operation}}}"}}{{{more}}}]}
                """);
        }
    }
}
