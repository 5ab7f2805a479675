using System.IO.Compression;
using System.Net;
using System.Net.Http.Headers;
using Espalier.Server.Tests.Fakes;
using Espalier.Server.Traces.Otlp;
using Microsoft.Extensions.DependencyInjection;

namespace Espalier.Server.Tests.Traces.Otlp.Fakes;

/// <summary>The real server with small limits, in front of an intake that remembers: what both transports do to a body is seen there.</summary>
public sealed class OtlpTrial : IAsyncLifetime
{
    public const int MostBytes = 4 << 20;

    private readonly SocketsHttpHandler _handler = new() { AutomaticDecompression = DecompressionMethods.None };

    public TrialServer Server { get; private set; } = null!;

    public HttpClient Http { get; private set; } = null!;

    internal RecordingIntake Intake { get; } = new();

    public async ValueTask InitializeAsync()
    {
        Server = await TrialServer.StartAsync(null, builder =>
        {
            builder.Configuration["Server:Otlp:MaxBodyBytes"] = MostBytes.ToString();
            builder.Services.AddSingleton<IOtlpIntake>(Intake);
        });
        Http = new HttpClient(_handler) { Timeout = TimeSpan.FromSeconds(30) };
    }

    public async ValueTask DisposeAsync()
    {
        Http.Dispose();
        await Server.DisposeAsync();
    }

    public Task<HttpResponseMessage> PostAsync(
        string path, byte[] body, string? type = "application/x-protobuf", string? encoding = null, params (string Name, string Value)[] headers)
    {
        var content = new ByteArrayContent(body);
        if (type is not null) content.Headers.TryAddWithoutValidation("content-type", type);
        if (encoding is not null) content.Headers.TryAddWithoutValidation("content-encoding", encoding);
        var request = new HttpRequestMessage(HttpMethod.Post, new Uri(Server.OtlpHttp, path)) { Content = content };
        foreach (var (name, value) in headers) request.Headers.TryAddWithoutValidation(name, value);
        return Http.SendAsync(request, TestContext.Current.CancellationToken);
    }

    /// <summary>One gRPC call over HTTP/2 without TLS; the body is given with its frames.</summary>
    public Task<HttpResponseMessage> CallAsync(string method, HttpContent frames, params (string Name, string Value)[] headers)
    {
        if (frames.Headers.ContentType is null) frames.Headers.ContentType = new MediaTypeHeaderValue("application/grpc");
        var request = new HttpRequestMessage(HttpMethod.Post, new Uri(Server.OtlpGrpc, method))
        {
            Content = frames, Version = HttpVersion.Version20, VersionPolicy = HttpVersionPolicy.RequestVersionExact,
        };
        request.Headers.TE.Add(new TransferCodingWithQualityHeaderValue("trailers"));
        foreach (var (name, value) in headers) request.Headers.TryAddWithoutValidation(name, value);
        return Http.SendAsync(request, TestContext.Current.CancellationToken);
    }

    public static byte[] Compress(byte[] bytes, string encoding)
    {
        using var packed = new MemoryStream();
        using (Stream packer = encoding switch
        {
            "gzip" => new GZipStream(packed, CompressionLevel.Optimal, leaveOpen: true),
            "deflate" => new ZLibStream(packed, CompressionLevel.Optimal, leaveOpen: true),
            _ => new BrotliStream(packed, CompressionLevel.Optimal, leaveOpen: true),
        }) packer.Write(bytes);
        return packed.ToArray();
    }

    /// <summary>Bytes that no compressor shrinks, the same for the same length.</summary>
    public static byte[] Noise(int length)
    {
        var bytes = new byte[length];
        var state = 2463534242u;
        for (var i = 0; i < length; i++)
        {
            state ^= state << 13;
            state ^= state >> 17;
            state ^= state << 5;
            bytes[i] = (byte)state;
        }

        return bytes;
    }
}
