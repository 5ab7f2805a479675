using System.Text.Json.Serialization;
using Espalier.Contracts.Shared;

namespace Espalier.Cli.Output;

/// <summary>Answers that are the command line's own; everything else is written as REST has it.</summary>
[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower, DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull)]
[JsonSerializable(typeof(ImportedTraces))]
[JsonSerializable(typeof(ServerStanding))]
[JsonSerializable(typeof(Versions))]
[JsonSerializable(typeof(SentTraffic))]
[JsonSerializable(typeof(WrittenFile))]
internal sealed partial class CliJson : JsonSerializerContext;

/// <summary>Whether a server serves here. State is <c>running</c>, <c>stopped</c> or <c>not_running</c>.</summary>
internal sealed record ServerStanding(string State, string? Url, int? ProcessId, string? Version, string? Data)
{
    /// <summary>Where OpenTelemetry clients send over HTTP; null when that is not known, or not open.</summary>
    public string? OtlpHttp { get; init; }

    /// <summary>Where OpenTelemetry clients send over gRPC; null when that is not known, or not open.</summary>
    public string? OtlpGrpc { get; init; }

    /// <summary>Why one of the two is not open.</summary>
    public string? OtlpProblem { get; init; }

    public static ServerStanding Of(ServerAddress address, string folder) => new("running", address.Url.ToString(), address.ProcessId, address.Version, folder)
    {
        OtlpHttp = address.OtlpHttp?.ToString(), OtlpGrpc = address.OtlpGrpc?.ToString(), OtlpProblem = address.OtlpProblem,
    };
}

/// <summary>Versions of command and server; the server's is null when none runs.</summary>
internal sealed record Versions(string Cli, string? Server);

internal sealed record SentTraffic(
    string Agent, int Requests, int Failed, int Labelled, int Right, double? PassRate, decimal CostUsd, int Rejected, string? RejectedFile);

/// <summary>What an import came to: records by format, and where the rejected ones are listed.</summary>
internal sealed record ImportedTraces(
    IReadOnlyDictionary<string, int> Records, int Traces, long Spans, long Feedback, long Rejected, IReadOnlyList<string> RejectedFiles);

internal sealed record WrittenFile(string Path);
