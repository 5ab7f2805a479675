using System.Net;
using System.Text.Json.Nodes;
using Espalier.Server.Tests.Fakes;

namespace Espalier.Server.Tests.Traces.Otlp;

/// <summary>Real clients' requests, byte for byte, with their own headers, to the path and transport that they were made for.</summary>
public sealed class CaptureReplayTests(SharedServer shared)
{
    // Of the connection, not of the request; or of HTTP/2's own making.
    private static readonly string[] LeftOut = ["host", "connection", "content-length", "transfer-encoding", "keep-alive", "te"];

    private TrialServer Server => shared.Server;

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    public static TheoryData<string> Captures
    {
        get
        {
            var data = new TheoryData<string>();
            if (Folder() is not { } folder) return [.. (string[])["(none on this machine)"]];
            foreach (var file in Directory.EnumerateFiles(folder, "*.meta.json", SearchOption.AllDirectories).Order(StringComparer.Ordinal)) data.Add(Path.GetRelativePath(folder, file));
            return data;
        }
    }

    [Theory]
    [MemberData(nameof(Captures))]
    public async Task Replay_OfACapture_IsTakenWhole(string capture)
    {
        if (Folder() is not { } folder)
        {
            Environment.GetEnvironmentVariable("CI").ShouldNotBe("true", "the captures are missing: set ESPALIER_SHARED to the folder that holds captures/otlp");
            Assert.Skip("captures/otlp is not on this machine: set ESPALIER_SHARED to the folder that holds it.");
            return;
        }

        var meta = JsonNode.Parse(await File.ReadAllTextAsync(Path.Combine(folder, capture), Cancel))!;
        foreach (var body in meta["bodies"]!.AsArray().Select(body => body!))
        {
            var bytes = await File.ReadAllBytesAsync(Path.Combine(folder, Path.GetDirectoryName(capture)!, body.Text("file")), Cancel);

            // Sent again, as clients do that got no answer.
            for (var i = 0; i < 2; i++) await SendAsync(body, bytes);
        }

        var spans = 0;
        foreach (var trace in meta["expected"]!["trace_ids"]!.AsArray())
        {
            var found = await Server.GetAsync($"/api/v1/traces/{(string)trace!}");
            spans += found["spans"]!.AsArray().Count(span => span!.Text("kind") != "event");
        }

        spans.ShouldBe((int)meta["expected"]!["spans"]!);
    }

    private static string? Folder()
    {
        var at = new DirectoryInfo(AppContext.BaseDirectory);
        while (at is not null && !File.Exists(Path.Combine(at.FullName, "Espalier.slnx"))) at = at.Parent;
        var shared = Environment.GetEnvironmentVariable("ESPALIER_SHARED") ?? Path.Combine(at?.FullName ?? "/", "..", "shared");
        var folder = Path.GetFullPath(Path.Combine(shared, "captures", "otlp"));
        return Directory.Exists(folder) ? folder : null;
    }

    private async Task SendAsync(JsonNode body, byte[] bytes)
    {
        var grpc = body.Text("transport") == "grpc";
        using var request = new HttpRequestMessage(new HttpMethod(body.Text("method")), new Uri(grpc ? Server.OtlpGrpc : Server.OtlpHttp, body.Text("path")));
        request.Content = new ByteArrayContent(bytes);
        if (grpc) (request.Version, request.VersionPolicy) = (HttpVersion.Version20, HttpVersionPolicy.RequestVersionExact);
        foreach (var (name, value) in body["headers"]!.AsObject())
        {
            if (name.StartsWith(':') || LeftOut.Contains(name, StringComparer.OrdinalIgnoreCase)) continue;
            if (!request.Headers.TryAddWithoutValidation(name, (string?)value)) request.Content.Headers.TryAddWithoutValidation(name, (string?)value).ShouldBeTrue(name);
        }

        using var response = await Server.Anonymous.SendAsync(request, Cancel);
        var answer = await response.Content.ReadAsByteArrayAsync(Cancel);
        response.StatusCode.ShouldBe(HttpStatusCode.OK, Convert.ToHexString(answer));
        if (grpc)
        {
            response.TrailingHeaders.GetValues("grpc-status").ShouldBe(["0"]);
            answer.ShouldBe(new byte[5], "an answer without partial success");
        }
        else
        {
            System.Text.Encoding.UTF8.GetString(answer).ShouldBeOneOf("", "{}");
        }
    }
}
