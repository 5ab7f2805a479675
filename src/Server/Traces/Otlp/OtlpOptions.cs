using System.ComponentModel.DataAnnotations;
using Microsoft.Extensions.Options;

namespace Espalier.Server.Traces.Otlp;

/// <summary>How telemetry of OpenTelemetry clients is received.</summary>
internal sealed class OtlpOptions
{
    public const string Section = "Server:Otlp";

    /// <summary>False opens neither port; the main port then still takes OTLP over HTTP, with the server's token. Default true.</summary>
    public bool Enabled { get; set; } = true;

    /// <summary>Port of OTLP over gRPC, 0-65535; 0 takes a free one. Default 4317, which every client knows.</summary>
    [Range(0, ushort.MaxValue)]
    public int GrpcPort { get; set; } = 4317;

    /// <summary>Port of OTLP over HTTP, 0-65535; 0 takes a free one. Default 4318, which every client knows.</summary>
    [Range(0, ushort.MaxValue)]
    public int HttpPort { get; set; } = 4318;

    /// <summary>Whether the two ports want the server's token on loopback too. Default false: clients then work as they come. On any other
    /// address they always want it.</summary>
    public bool RequireToken { get; set; }

    /// <summary>Bytes of one body, compressed and not, 1 KiB to 512 MiB. Default 64 MiB: a batch of long conversations, where gRPC's usual
    /// 4 MiB is too little.</summary>
    [Range(1 << 10, 512 << 20)]
    public int MaxBodyBytes { get; set; } = 64 << 20;

    /// <summary>How many times larger than what was sent a body may become, past its first MiB; 1 to 10,000, default 100.</summary>
    [Range(1, 10_000)]
    public int MaxRatio { get; set; } = 100;

    /// <summary>Bytes of all bodies that are in memory at once, 1 MiB to 64 GiB; at least <see cref="MaxBodyBytes"/> are always allowed. What
    /// comes on top is told to come back later. Default 256 MiB.</summary>
    [Range(1L << 20, 64L << 30)]
    public long MaxBytesInFlight { get; set; } = 256L << 20;

    /// <summary>Bodies that are read and stored at once, 0 to 4096. 0, the default: four for each processor, so that they share syncs of the
    /// disk.</summary>
    [Range(0, 4096)]
    public int MaxInWork { get; set; }

    /// <summary>Bytes of the bodies that are read and stored at once, 1 MiB to 64 GiB; a larger one is alone. Default 64 MiB: a body takes some
    /// times its size while it is read.</summary>
    [Range(1L << 20, 64L << 30)]
    public long MaxBytesInWork { get; set; } = 64L << 20;

    /// <summary>Bodies that wait for their turn, 0 to 100,000; the next one is told to come back later. Default 256.</summary>
    [Range(0, 100_000)]
    public int MaxWaiting { get; set; } = 256;

    /// <summary>Longest wait for a turn, 0 to 5 min. Default 5 s: half of what clients wait for an answer.</summary>
    [Range(typeof(TimeSpan), "00:00:00", "00:05:00")]
    public TimeSpan MaxWait { get; set; } = TimeSpan.FromSeconds(5);

    /// <summary>When whoever is refused for lack of room is told to come back, 1 s to 10 min. Default 2 s.</summary>
    [Range(typeof(TimeSpan), "00:00:01", "00:10:00")]
    public TimeSpan RetryAfter { get; set; } = TimeSpan.FromSeconds(2);

    internal int EffectiveMaxInWork => MaxInWork > 0 ? MaxInWork : 4 * Environment.ProcessorCount;
}

/// <summary>Generated checks of <see cref="OtlpOptions"/>.</summary>
[OptionsValidator]
internal sealed partial class OtlpOptionsValidator : IValidateOptions<OtlpOptions>;
