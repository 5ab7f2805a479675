using System.Buffers.Binary;
using System.IO.Compression;
using System.Text.Json;
using Espalier.Core.Traces.Otlp;

namespace Espalier.Testing.Otlp;

/// <summary>One recorded run of a real client: its export requests as sent, and the facts that must come out.</summary>
public sealed class RecordedRequests
{
    private RecordedRequests(string name, JsonElement expected, IReadOnlyList<RecordedBody> bodies)
    {
        Name = name;
        Expected = expected;
        Bodies = bodies;
    }

    public string Name { get; }

    public JsonElement Expected { get; }

    public IReadOnlyList<RecordedBody> Bodies { get; }

    /// <summary>All recordings that lie in the shared folder; none where there is no such folder, and then CI fails.</summary>
    public static IReadOnlyList<string> Names()
    {
        var folder = Folder();
        if (!Directory.Exists(folder))
        {
            if (Environment.GetEnvironmentVariable("CI") == "true") throw new DirectoryNotFoundException($"There is no {folder}; set ESPALIER_SHARED to the folder that holds captures/otlp.");
            return [];
        }

        return [.. Directory.EnumerateFiles(folder, "*.meta.json", SearchOption.AllDirectories)
            .Select(path => Path.GetRelativePath(folder, path)[..^".meta.json".Length].Replace('\\', '/')).Order(StringComparer.Ordinal)];
    }

    public static RecordedRequests Read(string name)
    {
        var meta = Path.Combine(Folder(), name + ".meta.json");
        using var document = JsonDocument.Parse(File.ReadAllBytes(meta));
        var root = document.RootElement;
        var bodies = new List<RecordedBody>();
        foreach (var told in root.GetProperty("bodies").EnumerateArray())
        {
            var signal = Enum.Parse<OtlpSignal>(told.GetProperty("signal").GetString()!, ignoreCase: true);
            var encoding = told.GetProperty("encoding").GetString() == "json" ? OtlpEncoding.Json : OtlpEncoding.Protobuf;
            var bytes = File.ReadAllBytes(Path.Combine(Path.GetDirectoryName(meta)!, told.GetProperty("file").GetString()!));
            if (told.GetProperty("transport").GetString() == "grpc") bodies.AddRange(Unframe(bytes).Select(body => new RecordedBody(signal, encoding, body)));
            else bodies.Add(new RecordedBody(signal, encoding, bytes is [0x1F, 0x8B, ..] ? Inflate(bytes) : bytes));
        }

        return new RecordedRequests(name, root.GetProperty("expected").Clone(), bodies);
    }

    private static string Folder() =>
        Path.Combine(Environment.GetEnvironmentVariable("ESPALIER_SHARED") ?? Path.Combine(Repository(), "..", "shared"), "captures", "otlp");

    private static string Repository()
    {
        var at = new DirectoryInfo(AppContext.BaseDirectory);
        while (at is not null && !File.Exists(Path.Combine(at.FullName, "Espalier.slnx"))) at = at.Parent;
        return at?.FullName ?? ".";
    }

    // gRPC frames each message: one byte says whether it is compressed, four its length.
    private static IEnumerable<byte[]> Unframe(byte[] stream)
    {
        for (var at = 0; at < stream.Length;)
        {
            var isCompressed = stream[at] == 1;
            var length = BinaryPrimitives.ReadInt32BigEndian(stream.AsSpan(at + 1));
            var body = stream.AsSpan(at + 5, length).ToArray();
            yield return isCompressed ? Inflate(body) : body;
            at += 5 + length;
        }
    }

    private static byte[] Inflate(byte[] bytes)
    {
        using var inflated = new MemoryStream();
        using (var gzip = new GZipStream(new MemoryStream(bytes), CompressionMode.Decompress)) gzip.CopyTo(inflated);
        return inflated.ToArray();
    }
}
