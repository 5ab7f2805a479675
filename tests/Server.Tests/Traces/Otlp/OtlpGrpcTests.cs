using System.Buffers.Binary;
using System.Net;
using System.Text;
using Espalier.Core.Shared;
using Espalier.Core.Traces.Otlp;
using Espalier.Server.Tests.Traces.Otlp.Fakes;
using Espalier.Server.Traces.Otlp;

namespace Espalier.Server.Tests.Traces.Otlp;

[Collection(OtlpTransport.Name)]
public sealed class OtlpGrpcTests : IDisposable
{
    private const string Traces = "/opentelemetry.proto.collector.trace.v1.TraceService/Export";

    private readonly OtlpTrial _trial;

    public OtlpGrpcTests(OtlpTrial trial)
    {
        _trial = trial;
        Before = trial.Intake.Taken.Count;
    }

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    private int Before { get; }

    private IReadOnlyList<byte[]> Taken => [.. _trial.Intake.Taken.Skip(Before).Select(taken => taken.Body)];

    public void Dispose() => _trial.Intake.Answer = (_, _) => Task.FromResult(new OtlpReceipt(1, 0, null));

    [Theory]
    [InlineData(Traces, OtlpSignal.Traces)]
    [InlineData("/opentelemetry.proto.collector.logs.v1.LogsService/Export", OtlpSignal.Logs)]
    [InlineData("/opentelemetry.proto.collector.metrics.v1.MetricsService/Export", OtlpSignal.Metrics)]
    public async Task Export_OfEachSignal_AnswersAMessageAndStatusZero(string method, object signal)
    {
        var body = OtlpTrial.Noise(300_000);
        using var response = await CallAsync(method, Frame(body));

        response.StatusCode.ShouldBe(HttpStatusCode.OK);
        (response.Content.Headers.ContentType?.MediaType).ShouldBe("application/grpc");
        (await response.Content.ReadAsByteArrayAsync(Cancel)).ShouldBe(new byte[5]);
        StatusOf(response).ShouldBe(0);
        _trial.Intake.Taken[Before].Signal.ShouldBe((OtlpSignal)signal);
        _trial.Intake.Taken[Before].Encoding.ShouldBe(OtlpEncoding.Protobuf);
        Taken.ShouldHaveSingleItem().ShouldBe(body);
    }

    [Theory]
    [InlineData("gzip")]
    [InlineData("deflate")]
    public async Task Export_Compressed_ArrivesUnpacked(string encoding)
    {
        var body = Encoding.UTF8.GetBytes(string.Concat(Enumerable.Range(0, 20_000).Select(i => $"span {i * 7919 % 10007} ")));
        using var packed = await CallAsync(Traces, Frame(OtlpTrial.Compress(body, encoding), compressed: true), ("grpc-encoding", encoding));
        using var plain = await CallAsync(Traces, Frame(body), ("grpc-encoding", encoding));

        StatusOf(packed).ShouldBe(0);
        StatusOf(plain).ShouldBe(0);
        Taken.ShouldAllBe(taken => taken.SequenceEqual(body));
        Taken.Count.ShouldBe(2);
    }

    [Fact]
    public async Task Export_InPiecesOfOneByte_IsPutTogether()
    {
        var body = OtlpTrial.Noise(300);
        using var content = new Piecemeal([.. Frame(body), .. Frame([1, 2, 3])]);
        using var response = await _trial.CallAsync(Traces, content);

        StatusOf(response).ShouldBe(0);
        Taken.Select(taken => taken.Length).ShouldBe([300, 3]);
        Taken[0].ShouldBe(body);
    }

    [Fact]
    public async Task Export_WithRejectedSpans_AnswersPartialSuccess()
    {
        _trial.Intake.Answer = (_, _) => Task.FromResult(new OtlpReceipt(5, 300, "no ids"));
        using var response = await CallAsync(Traces, Frame([]));

        StatusOf(response).ShouldBe(0);
        (await response.Content.ReadAsByteArrayAsync(Cancel)).ShouldBe(
            [0, 0, 0, 0, 13, 0x0A, 11, 0x08, 0xAC, 0x02, 0x12, 6, .. "no ids"u8]);
    }

    [Fact]
    public async Task Export_OfWhatIsNoRequest_IsAnInvalidArgument()
    {
        foreach (var body in (byte[][])[[], [0, 0], [0, 0, 0, 0, 9, 1, 2], [7, 0, 0, 0, 0], [.. Frame([1]), 0, 0]])
        {
            using var response = await CallAsync(Traces, body);
            StatusOf(response).ShouldBe((int)GrpcStatus.InvalidArgument, Convert.ToHexString(body));
            MessageOf(response).ShouldNotBeEmpty();
        }

        using var garbage = await CallAsync(Traces, Frame(OtlpTrial.Noise(500), compressed: true), ("grpc-encoding", "gzip"));
        StatusOf(garbage).ShouldBe((int)GrpcStatus.InvalidArgument);
        MessageOf(garbage).ShouldContain("gzip");
    }

    [Fact]
    public async Task Export_WithUnknownCompression_NamesTheKnown()
    {
        using var unknown = await CallAsync(Traces, Frame([1], compressed: true), ("grpc-encoding", "snappy"));
        using var unnamed = await CallAsync(Traces, Frame([1], compressed: true));

        StatusOf(unknown).ShouldBe((int)GrpcStatus.Unimplemented);
        unknown.Headers.GetValues("grpc-accept-encoding").ShouldBe(["identity,gzip,deflate"]);
        StatusOf(unnamed).ShouldBe((int)GrpcStatus.Internal);
    }

    [Theory]
    [InlineData("/opentelemetry.proto.collector.trace.v1.TraceService/Import")]
    [InlineData("/opentelemetry.proto.collector.profiles.v1development.ProfilesService/Export")]
    [InlineData("/grpc.health.v1.Health/Check")]
    public async Task Call_OfAnotherMethod_IsUnimplemented(string method)
    {
        using var response = await CallAsync(method, Frame([]));

        response.StatusCode.ShouldBe(HttpStatusCode.OK);
        StatusOf(response).ShouldBe((int)GrpcStatus.Unimplemented);
        MessageOf(response).ShouldContain("Export");
    }

    [Fact]
    public async Task Export_LargerThanTheLimit_IsRefusedByItsFirstBytes()
    {
        var most = OtlpTrial.Noise(OtlpTrial.MostBytes);
        using var taken = await CallAsync(Traces, Frame(most));
        using var announced = await CallAsync(Traces, [0, 0x7F, 0, 0, 0, 1, 2, 3]);
        using var bomb = await CallAsync(Traces, Frame(OtlpTrial.Compress(new byte[3 << 20], "gzip"), compressed: true), ("grpc-encoding", "gzip"));

        StatusOf(taken).ShouldBe(0);
        StatusOf(announced).ShouldBe((int)GrpcStatus.ResourceExhausted);
        StatusOf(bomb).ShouldBe((int)GrpcStatus.ResourceExhausted);
        announced.Headers.Contains("grpc-status-details-bin").ShouldBeFalse("sending it again is of no use");
        Taken.ShouldHaveSingleItem().Length.ShouldBe(OtlpTrial.MostBytes);
    }

    [Fact]
    public async Task Export_WhenTheStoreIsBusy_SaysWhenToComeBack()
    {
        _trial.Intake.Answer = (_, _) => throw new Refusal("a-code", 429, "9 bytes wait, 100% full — später.", "Send them again.");
        using var response = await CallAsync(Traces, Frame([1]));

        StatusOf(response).ShouldBe((int)GrpcStatus.ResourceExhausted);
        MessageOf(response).ShouldContain("100% full — später");
        var details = response.Headers.GetValues("grpc-status-details-bin").Single();
        var status = Convert.FromBase64String(details.PadRight((details.Length + 3) / 4 * 4, '='));
        Encoding.UTF8.GetString(status).ShouldContain("type.googleapis.com/google.rpc.RetryInfo");
        status[^4..].ShouldBe([0x0A, 2, 0x08, 2], "RetryInfo: in two seconds");
    }

    [Fact]
    public async Task Export_WhenTheDiskIsFull_IsUnavailable()
    {
        _trial.Intake.Answer = (_, _) => throw new StorageFault(StorageFault.Full, "/data", "The disk is full.", "Free space.");
        using var response = await CallAsync(Traces, Frame([1]));

        StatusOf(response).ShouldBe((int)GrpcStatus.Unavailable);
        MessageOf(response).ShouldContain("The disk is full.");
    }

    [Fact]
    public async Task Export_PastItsDeadline_EndsThere()
    {
        _trial.Intake.Answer = async (_, cancellationToken) =>
        {
            await Task.Delay(Timeout.Infinite, cancellationToken);
            return new OtlpReceipt(1, 0, null);
        };
        using var response = await CallAsync(Traces, Frame([1]), ("grpc-timeout", "50m"));

        StatusOf(response).ShouldBe((int)GrpcStatus.DeadlineExceeded);
    }

    [Fact]
    public async Task Export_CancelledByItsClient_StopsTheWork()
    {
        var started = new TaskCompletionSource();
        var stopped = new TaskCompletionSource();
        _trial.Intake.Answer = async (_, cancellationToken) =>
        {
            started.SetResult();
            await using var registration = cancellationToken.Register(stopped.SetResult);
            await Task.Delay(Timeout.Infinite, cancellationToken);
            return new OtlpReceipt(1, 0, null);
        };
        using var cancel = new CancellationTokenSource();
        using var content = new ByteArrayContent(Frame([1]));
        content.Headers.TryAddWithoutValidation("content-type", "application/grpc");
        using var request = new HttpRequestMessage(HttpMethod.Post, new Uri(_trial.Server.OtlpGrpc, Traces))
        {
            Content = content, Version = HttpVersion.Version20, VersionPolicy = HttpVersionPolicy.RequestVersionExact,
        };
        var call = _trial.Http.SendAsync(request, cancel.Token);
        await started.Task.WaitAsync(TimeSpan.FromSeconds(10), Cancel);
        await cancel.CancelAsync();

        await Should.ThrowAsync<OperationCanceledException>(call);
        await stopped.Task.WaitAsync(TimeSpan.FromSeconds(10), Cancel);
    }

    [Fact]
    public async Task Port_OfGrpc_TellsAnHttpClientWhatItIs()
    {
        using var content = new StringContent("{}", Encoding.UTF8, "application/json");
        using var request = new HttpRequestMessage(HttpMethod.Post, new Uri(_trial.Server.OtlpGrpc, Traces))
        {
            Content = content, Version = HttpVersion.Version20, VersionPolicy = HttpVersionPolicy.RequestVersionExact,
        };
        using var response = await _trial.Http.SendAsync(request, Cancel);

        response.StatusCode.ShouldBe(HttpStatusCode.UnsupportedMediaType);
        (await response.Content.ReadAsStringAsync(Cancel)).ShouldContain("/v1/traces");
    }

    private static byte[] Frame(byte[] message, bool compressed = false)
    {
        var frame = new byte[5 + message.Length];
        frame[0] = compressed ? (byte)1 : (byte)0;
        BinaryPrimitives.WriteInt32BigEndian(frame.AsSpan(1), message.Length);
        message.CopyTo(frame, 5);
        return frame;
    }

    private static string? Find(HttpResponseMessage response, string name) =>
        response.TrailingHeaders.TryGetValues(name, out var trailing) || response.Headers.TryGetValues(name, out trailing) ? trailing.Single() : null;

    private static int StatusOf(HttpResponseMessage response) => int.Parse(Find(response, "grpc-status").ShouldNotBeNull());

    private static string MessageOf(HttpResponseMessage response) => Uri.UnescapeDataString(Find(response, "grpc-message") ?? "");

    private async Task<HttpResponseMessage> CallAsync(string method, byte[] frames, params (string Name, string Value)[] headers)
    {
        using var content = new ByteArrayContent(frames);
        return await _trial.CallAsync(method, content, headers);
    }

    /// <summary>Sends a byte at a time, each flushed.</summary>
    private sealed class Piecemeal(byte[] bytes) : HttpContent
    {
        protected override async Task SerializeToStreamAsync(Stream stream, TransportContext? context)
        {
            foreach (var one in bytes)
            {
                await stream.WriteAsync(new[] { one }, Cancel);
                await stream.FlushAsync(Cancel);
            }
        }

        protected override bool TryComputeLength(out long length)
        {
            length = 0;
            return false;
        }
    }
}
