using System.Net;
using System.Net.Sockets;
using System.Text;
using Espalier.Server.Tests.Fakes;
using Espalier.Server.Tests.Traces.Otlp.Fakes;
using Espalier.Server.Traces.Otlp;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.DependencyInjection;

namespace Espalier.Server.Tests.Traces.Otlp;

/// <summary>More than there is room for, and those who never finish.</summary>
public sealed class PressureTests
{
    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Post_ThatTricklesIn_IsGivenUp()
    {
        await using var server = await TrialServer.StartAsync(null, builder =>
            builder.WebHost.ConfigureKestrel(kestrel => kestrel.Limits.MinRequestBodyDataRate = new MinDataRate(1e9, TimeSpan.FromSeconds(1.5))));
        using var socket = new TcpClient();
        await socket.ConnectAsync(IPAddress.Loopback, server.OtlpHttp.Port, Cancel);
        var stream = socket.GetStream();
        await stream.WriteAsync("POST /v1/traces HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: 1000\r\n\r\nhalf"u8.ToArray(), Cancel);
        using var reader = new StreamReader(stream);
        var answer = await reader.ReadToEndAsync(Cancel);

        answer.ShouldStartWith("HTTP/1.1 408");
        answer.ShouldContain("too slowly");
    }

    [Fact]
    public async Task Post_WhileAllTurnsAreTaken_IsToldToComeBack()
    {
        var intake = new RecordingIntake();
        await using var server = await StartAsync(intake, ("MaxInWork", "1"), ("MaxWaiting", "1"));
        var go = new TaskCompletionSource();
        var inside = new TaskCompletionSource();
        intake.Answer = async (_, _) =>
        {
            inside.TrySetResult();
            await go.Task;
            return new OtlpReceipt(1, 0, null);
        };

        var first = PostAsync(server, "{}"u8.ToArray());
        await inside.Task.WaitAsync(TimeSpan.FromSeconds(10), Cancel);
        var second = PostAsync(server, "{}"u8.ToArray());
        var receiver = server.Services.GetRequiredService<OtlpReceiver>();
        await UntilAsync(() => receiver.Waiting > 0);
        using var third = await PostAsync(server, "{}"u8.ToArray());

        third.StatusCode.ShouldBe(HttpStatusCode.TooManyRequests);
        third.Headers.RetryAfter.ShouldNotBeNull();
        go.SetResult();
        foreach (var response in await Task.WhenAll(first, second))
        {
            using (response) response.StatusCode.ShouldBe(HttpStatusCode.OK);
        }
    }

    [Fact]
    public async Task Post_WhoseClientGoesAwayWhileItWaits_LeavesItsPlace()
    {
        var intake = new RecordingIntake();
        await using var server = await StartAsync(intake, ("MaxInWork", "1"), ("MaxWaiting", "1"));
        var go = new TaskCompletionSource();
        intake.Answer = async (_, _) =>
        {
            await go.Task;
            return new OtlpReceipt(1, 0, null);
        };
        var receiver = server.Services.GetRequiredService<OtlpReceiver>();
        var first = PostAsync(server, "{}"u8.ToArray());
        await UntilAsync(() => receiver.InWork > 0);
        using var gone = new CancellationTokenSource();
        var waiting = PostAsync(server, "{}"u8.ToArray(), gone.Token);
        await UntilAsync(() => receiver.Waiting > 0);

        await gone.CancelAsync();

        await Should.ThrowAsync<OperationCanceledException>(waiting);
        await UntilAsync(() => receiver.Waiting == 0);
        go.SetResult();
        (await first).Dispose();
        intake.Taken.Count.ShouldBe(1);
    }

    [Fact]
    public async Task Bodies_TogetherMoreThanTheRoom_AreToldToComeBackAndTheRoomIsGivenBack()
    {
        var intake = new RecordingIntake();
        await using var server = await StartAsync(intake, ("MaxBodyBytes", "1048576"), ("MaxBytesInFlight", "1048576"));
        var body = OtlpTrial.Noise(1 << 20);
        var receiver = server.Services.GetRequiredService<OtlpReceiver>();

        // It has sent most of its body and holds room for all of it; a second one finds none to grow in.
        using (var socket = new TcpClient())
        {
            await socket.ConnectAsync(IPAddress.Loopback, server.OtlpHttp.Port, Cancel);
            await socket.GetStream().WriteAsync(
                Encoding.ASCII.GetBytes($"POST /v1/traces HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/x-protobuf\r\nContent-Length: {body.Length}\r\n\r\n"), Cancel);
            await socket.GetStream().WriteAsync(body.AsMemory(0, 900_000), Cancel);
            await UntilAsync(() => receiver.BytesHeld == 1 << 20);
            using var more = await PostAsync(server, body);
            more.StatusCode.ShouldBe(HttpStatusCode.TooManyRequests);
            receiver.BytesHeld.ShouldBe(1 << 20);
        }

        await UntilAsync(() => receiver.BytesHeld == 0);
        using var again = await PostAsync(server, body);
        again.StatusCode.ShouldBe(HttpStatusCode.OK);
        intake.Taken.ShouldHaveSingleItem().Body.ShouldBe(body);
    }

    private static async Task UntilAsync(Func<bool> isSo)
    {
        using var limit = new CancellationTokenSource(TimeSpan.FromSeconds(20));
        while (!isSo())
        {
            limit.IsCancellationRequested.ShouldBeFalse("it never came to be so");
            await Task.Yield();
        }
    }

    private static Task<TrialServer> StartAsync(RecordingIntake intake, params (string Name, string Value)[] options) => TrialServer.StartAsync(null, builder =>
    {
        foreach (var (name, value) in options) builder.Configuration[$"Server:Otlp:{name}"] = value;
        builder.Services.AddSingleton<IOtlpIntake>(intake);
    });

    private static async Task<HttpResponseMessage> PostAsync(TrialServer server, byte[] body, CancellationToken? cancellationToken = null)
    {
        using var content = new ByteArrayContent(body);
        content.Headers.TryAddWithoutValidation("content-type", "application/x-protobuf");
        return await server.Anonymous.PostAsync(new Uri(server.OtlpHttp, "/v1/traces"), content, cancellationToken ?? Cancel);
    }
}
