using System.Net;
using System.Net.Sockets;
using System.Text;
using System.Text.Json.Nodes;
using Espalier.Core.Shared;
using Espalier.Core.Traces.Otlp;
using Espalier.Server.Tests.Fakes;
using Espalier.Server.Tests.Traces.Otlp.Fakes;
using Espalier.Server.Traces.Otlp;

namespace Espalier.Server.Tests.Traces.Otlp;

[Collection(OtlpTransport.Name)]
public sealed class OtlpHttpTests : IDisposable
{
    private readonly OtlpTrial _trial;

    public OtlpHttpTests(OtlpTrial trial)
    {
        _trial = trial;
        Before = trial.Intake.Taken.Count;
    }

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    private int Before { get; }

    private (OtlpSignal Signal, OtlpEncoding Encoding, byte[] Body) Taken => _trial.Intake.Taken.Skip(Before).ShouldHaveSingleItem();

    public void Dispose() => _trial.Intake.Answer = (_, _) => Task.FromResult(new OtlpReceipt(1, 0, null));

    [Theory]
    [InlineData("/v1/traces", OtlpSignal.Traces)]
    [InlineData("/v1/logs", OtlpSignal.Logs)]
    [InlineData("/v1/metrics", OtlpSignal.Metrics)]
    [InlineData("/v1/traces/", OtlpSignal.Traces)]
    [InlineData("/otlp/v1/logs", OtlpSignal.Logs)]
    [InlineData("/otel/v1/traces", OtlpSignal.Traces)]
    [InlineData("/api/public/otel/v1/traces", OtlpSignal.Traces)]
    public async Task Post_OnAPathThatClientsKnow_TakesTheBodyAsItIs(string path, object signal)
    {
        var body = OtlpTrial.Noise(70_000);
        using var response = await _trial.PostAsync(path, body);

        response.StatusCode.ShouldBe(HttpStatusCode.OK);
        (response.Content.Headers.ContentType?.MediaType).ShouldBe("application/x-protobuf");
        (await response.Content.ReadAsByteArrayAsync(Cancel)).ShouldBeEmpty();
        Taken.Signal.ShouldBe((OtlpSignal)signal);
        Taken.Encoding.ShouldBe(OtlpEncoding.Protobuf);
        Taken.Body.ShouldBe(body);
    }

    [Theory]
    [InlineData("gzip")]
    [InlineData("GZIP")]
    [InlineData("x-gzip")]
    [InlineData("deflate")]
    [InlineData("br")]
    [InlineData("identity")]
    public async Task Post_Compressed_ArrivesUnpacked(string encoding)
    {
        var body = Encoding.UTF8.GetBytes(string.Concat(Enumerable.Range(0, 40_000).Select(i => $"span {i * 7919 % 10007} ")));
        var sent = encoding is "identity" ? body : OtlpTrial.Compress(body, encoding.ToLowerInvariant().Replace("x-", "", StringComparison.Ordinal));
        using var response = await _trial.PostAsync("/v1/traces", sent, "application/json; charset=utf-8", encoding);

        response.StatusCode.ShouldBe(HttpStatusCode.OK);
        (response.Content.Headers.ContentType?.MediaType).ShouldBe("application/json");
        (await response.Content.ReadAsStringAsync(Cancel)).ShouldBe("{}");
        Taken.Encoding.ShouldBe(OtlpEncoding.Json);
        Taken.Body.ShouldBe(body);
    }

    [Fact]
    public async Task Post_WithRejectedSpans_AnswersPartialSuccessInTheRequestsEncoding()
    {
        _trial.Intake.Answer = (_, _) => Task.FromResult(new OtlpReceipt(5, 3, "3 spans have no trace id"));
        using var json = await _trial.PostAsync("/v1/traces", "{}"u8.ToArray(), "application/json");
        using var logs = await _trial.PostAsync("/v1/logs", "{}"u8.ToArray(), "application/json");
        using var metrics = await _trial.PostAsync("/v1/metrics", "{}"u8.ToArray(), "application/json");
        using var binary = await _trial.PostAsync("/v1/traces", []);

        (await json.Content.ReadAsStringAsync(Cancel)).ShouldBe("""{"partialSuccess":{"rejectedSpans":"3","errorMessage":"3 spans have no trace id"}}""");
        (await logs.Content.ReadAsStringAsync(Cancel)).ShouldContain("\"rejectedLogRecords\":\"3\"");
        (await metrics.Content.ReadAsStringAsync(Cancel)).ShouldContain("\"rejectedDataPoints\":\"3\"");
        var message = "3 spans have no trace id"u8.ToArray();
        (await binary.Content.ReadAsByteArrayAsync(Cancel)).ShouldBe(
            [0x0A, (byte)(message.Length + 4), 0x08, 3, 0x12, (byte)message.Length, .. message]);
    }

    [Theory]
    [InlineData("text/plain", null, 415)]
    [InlineData(null, null, 415)]
    [InlineData("application/x-www-form-urlencoded", null, 415)]
    [InlineData("not a type", null, 415)]
    [InlineData("application/json", "zstd", 415)]
    [InlineData("application/json", "gzip, gzip", 415)]
    [InlineData("application/json", "gzip", 400)]
    [InlineData("application/x-protobuf", "deflate", 400)]
    [InlineData("application/x-protobuf", "br", 400)]
    public async Task Post_OfWhatCannotBeRead_SaysWhatItShouldBe(string? type, string? encoding, int status)
    {
        using var response = await _trial.PostAsync("/v1/traces", OtlpTrial.Noise(5_000), type, encoding);

        ((int)response.StatusCode).ShouldBe(status);
        var words = await WordsAsync(response);
        words.ShouldContain(status == 400 ? encoding! : "Send");
        _trial.Intake.Taken.Count.ShouldBe(Before);
    }

    [Fact]
    public async Task Post_OfHalfACompressedBody_IsMalformed()
    {
        var packed = OtlpTrial.Compress(OtlpTrial.Noise(100_000), "gzip");
        foreach (var encoding in (string[])["deflate", "br"])
        {
            var other = OtlpTrial.Compress(OtlpTrial.Noise(100_000), encoding);
            using var response = await _trial.PostAsync("/v1/traces", other[..(other.Length / 2)], encoding: encoding);
            response.StatusCode.ShouldBe(HttpStatusCode.BadRequest, encoding);
        }

        using var half = await _trial.PostAsync("/v1/traces", packed[..(packed.Length / 2)], encoding: "gzip");
        using var cut = await _trial.PostAsync("/v1/traces", packed[..^3], encoding: "gzip");
        packed[^6] ^= 0xFF;
        using var wrongSum = await _trial.PostAsync("/v1/traces", packed, encoding: "gzip");

        half.StatusCode.ShouldBe(HttpStatusCode.BadRequest);
        cut.StatusCode.ShouldBe(HttpStatusCode.BadRequest, "the checksum is cut");
        wrongSum.StatusCode.ShouldBe(HttpStatusCode.BadRequest);
        _trial.Intake.Taken.Count.ShouldBe(Before);
    }

    [Theory]
    [InlineData("gzip")]
    [InlineData("deflate")]
    [InlineData("br")]
    public async Task Post_OfABomb_IsRefusedLongBeforeItIsUnpacked(string encoding)
    {
        var bomb = OtlpTrial.Compress(new byte[3 << 20], encoding);
        using var response = await _trial.PostAsync("/v1/traces", bomb, encoding: encoding);

        response.StatusCode.ShouldBe(HttpStatusCode.RequestEntityTooLarge);
        (await WordsAsync(response)).ShouldContain("100 times");
    }

    [Fact]
    public async Task Post_UpToTheLimit_IsTakenAndOneByteMoreIsNot()
    {
        var body = OtlpTrial.Noise(OtlpTrial.MostBytes + 1);
        using var most = await _trial.PostAsync("/v1/traces", body[..^1]);
        using var more = await _trial.PostAsync("/v1/traces", body);
        using var packed = await _trial.PostAsync("/v1/traces", OtlpTrial.Compress([.. body, .. new byte[1000]], "gzip"), encoding: "gzip");

        most.StatusCode.ShouldBe(HttpStatusCode.OK);
        Taken.Body.Length.ShouldBe(OtlpTrial.MostBytes);
        more.StatusCode.ShouldBe(HttpStatusCode.RequestEntityTooLarge);
        packed.StatusCode.ShouldBe(HttpStatusCode.RequestEntityTooLarge);
        (await WordsAsync(packed)).ShouldContain("4194304");
    }

    [Fact]
    public async Task Post_WhenTheStoreIsBusy_SaysWhenToComeBack()
    {
        _trial.Intake.Answer = (_, _) => throw new Refusal("a-code", 429, "9 bytes wait.", "Send them again.");
        using var json = await _trial.PostAsync("/v1/traces", "{}"u8.ToArray(), "application/json");
        using var binary = await _trial.PostAsync("/v1/traces", []);

        foreach (var response in (HttpResponseMessage[])[json, binary])
        {
            response.StatusCode.ShouldBe(HttpStatusCode.TooManyRequests);
            (response.Headers.RetryAfter?.Delta).ShouldBe(TimeSpan.FromSeconds(2));
        }

        var status = JsonNode.Parse(await json.Content.ReadAsStringAsync(Cancel))!;
        ((int)status["code"]!).ShouldBe(8);
        status.Text("message").ShouldContain("9 bytes wait.");
        status["details"]![0]!.Text("retryDelay").ShouldBe("2s");
        (await binary.Content.ReadAsByteArrayAsync(Cancel))[..2].ShouldBe([0x08, 8]);
    }

    [Fact]
    public async Task Post_WhenTheDiskIsFull_IsToBeSentAgain()
    {
        _trial.Intake.Answer = (_, _) => throw new StorageFault(StorageFault.Full, "/data", "The disk is full.", "Free space.");
        using var response = await _trial.PostAsync("/v1/traces", "{}"u8.ToArray(), "application/json");

        response.StatusCode.ShouldBe(HttpStatusCode.ServiceUnavailable);
        response.Headers.RetryAfter.ShouldNotBeNull();
        (await WordsAsync(response)).ShouldContain("The disk is full. Free space.");
    }

    [Fact]
    public async Task Post_ThatFindsABug_TellsNothingOfIt()
    {
        _trial.Intake.Answer = (_, _) => throw new InvalidOperationException("the prompt said: secret");
        using var response = await _trial.PostAsync("/v1/traces", "{}"u8.ToArray(), "application/json");

        response.StatusCode.ShouldBe(HttpStatusCode.InternalServerError);
        (await WordsAsync(response)).ShouldNotContain("secret");
        _trial.Server.Log.Lines.ShouldContain(line => line.Contains("[1302]", StringComparison.Ordinal) && line.Contains("/v1/traces", StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("GET", "/v1/traces", 405)]
    [InlineData("POST", "/", 404)]
    [InlineData("POST", "/v1/spans", 404)]
    [InlineData("GET", "/api/v1/agents", 404)]
    [InlineData("POST", "/v1/chat/completions", 404)]
    [InlineData("GET", "/healthz", 404)]
    public async Task Port_OfHttp_LeadsToTheReceiversAlone(string method, string path, int status)
    {
        using var request = new HttpRequestMessage(new HttpMethod(method), new Uri(_trial.Server.OtlpHttp, path));
        if (method == "POST") request.Content = new StringContent("{}", Encoding.UTF8, "application/json");
        using var response = await _trial.Http.SendAsync(request, Cancel);

        ((int)response.StatusCode).ShouldBe(status);
        if (status == 404) (await WordsAsync(response)).ShouldContain("/v1/traces");
    }

    [Theory]
    [InlineData("origin", "http://evil.example", 403)]
    [InlineData("origin", "null", 403)]
    [InlineData("sec-fetch-site", "cross-site", 403)]
    [InlineData("host", "rebound.example", 421)]
    public async Task Post_OfAWebPage_IsRefused(string header, string value, int status)
    {
        using var response = await _trial.PostAsync("/v1/traces", "{}"u8.ToArray(), "application/json", null, (header, value));

        ((int)response.StatusCode).ShouldBe(status);
        (await WordsAsync(response)).ShouldNotBeEmpty();
        _trial.Intake.Taken.Count.ShouldBe(Before);
    }

    [Fact]
    public async Task MainPort_WantsTheToken_AsBearerOrAsAPassword()
    {
        var server = _trial.Server;
        var basic = Convert.ToBase64String(Encoding.UTF8.GetBytes($"pk-any:{server.Token}"));
        foreach (var (authorization, status) in ((string?, int)[])[
            (null, 401), ("Bearer nonsense", 401), ("Basic nonsense", 401), ("Basic " + Convert.ToBase64String("a:b"u8), 401),
            ($"Bearer {server.Token}", 200), ($"Basic {basic}", 200)])
        {
            foreach (var path in (string[])["/v1/traces", "/api/public/otel/v1/traces"])
            {
                using var request = new HttpRequestMessage(HttpMethod.Post, new Uri(server.Url, path)) { Content = new StringContent("{}", Encoding.UTF8, "application/json") };
                if (authorization is not null) request.Headers.TryAddWithoutValidation("authorization", authorization);
                using var response = await _trial.Http.SendAsync(request, Cancel);
                ((int)response.StatusCode).ShouldBe(status, $"{path} {authorization?.Split(' ')[0]}");
                var words = await response.Content.ReadAsStringAsync(Cancel);
                words.ShouldNotContain(server.Token);
                if (status == 401) response.Headers.WwwAuthenticate.ToString().ShouldBe("Bearer");
            }
        }

        using var rest = new HttpRequestMessage(HttpMethod.Get, new Uri(server.Url, "/api/v1/agents"));
        rest.Headers.TryAddWithoutValidation("authorization", $"Basic {basic}");
        using var refused = await _trial.Http.SendAsync(rest, Cancel);
        refused.StatusCode.ShouldBe(HttpStatusCode.Unauthorized, "a password is for exports alone");
    }

    [Fact]
    public async Task Socket_OfTheSandbox_TakesNoExportsButThoseOfRuns()
    {
        using var handler = new SocketsHttpHandler
        {
            ConnectCallback = async (_, cancellationToken) =>
            {
                var socket = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
                await socket.ConnectAsync(new UnixDomainSocketEndPoint(_trial.Server.GatewaySocket), cancellationToken);
                return new NetworkStream(socket, ownsSocket: true);
            },
        };
        using var client = new HttpClient(handler) { BaseAddress = new Uri("http://localhost") };
        client.DefaultRequestHeaders.TryAddWithoutValidation("authorization", $"Bearer {_trial.Server.Token}");
        using var content = new StringContent("{}", Encoding.UTF8, "application/json");
        using var response = await client.PostAsync(new Uri("/v1/traces", UriKind.Relative), content, Cancel);

        response.StatusCode.ShouldBe(HttpStatusCode.Unauthorized);
        _trial.Intake.Taken.Count.ShouldBe(Before);
    }

    [Fact]
    public async Task Post_ThatEndsHalfWay_IsForgotten()
    {
        for (var close = 0; close < 2; close++)
        {
            using var socket = new TcpClient();
            await socket.ConnectAsync(IPAddress.Loopback, _trial.Server.OtlpHttp.Port, Cancel);
            var stream = socket.GetStream();
            await stream.WriteAsync("POST /v1/traces HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/x-protobuf\r\nContent-Length: 1000\r\n\r\nhalf"u8.ToArray(), Cancel);
            if (close == 1) continue;
            socket.Client.Shutdown(SocketShutdown.Send);

            // The server ends the connection too; whether its answer still gets through is up to the operating system.
            await Should.NotThrowAsync(async () =>
            {
                try
                {
                    await stream.ReadExactlyAsync(new byte[1 << 20], Cancel);
                }
                catch (IOException)
                {
                }
            });
        }

        using var next = await _trial.PostAsync("/v1/traces", [1]);
        next.StatusCode.ShouldBe(HttpStatusCode.OK);
        Taken.Body.ShouldBe([1]);
        _trial.Server.Log.Lines.ShouldNotContain(line => line.Contains("[1302]", StringComparison.Ordinal) && line.Contains("BadHttpRequest", StringComparison.Ordinal));
    }

    private static async Task<string> WordsAsync(HttpResponseMessage response)
    {
        var bytes = await response.Content.ReadAsByteArrayAsync(Cancel);
        var text = Encoding.UTF8.GetString(bytes);
        text.ShouldNotContain(" at Espalier");
        if (response.Content.Headers.ContentType?.MediaType != "application/json") return text;
        var status = JsonNode.Parse(text)!;
        ((int)status["code"]!).ShouldBeGreaterThan(0);
        return status.Text("message");
    }
}
