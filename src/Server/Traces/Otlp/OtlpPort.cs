using System.Net;

namespace Espalier.Server.Traces.Otlp;

/// <summary>One of the two ports for OpenTelemetry clients: open, or not and why.</summary>
/// <param name="Transport"><c>HTTP</c> or <c>gRPC</c>.</param>
/// <param name="Endpoint">Where it listens; null when it does not.</param>
/// <param name="Problem">Why it does not listen; null when it does, or is not meant to.</param>
internal sealed record OtlpPort(string Transport, IPEndPoint? Endpoint, string? Problem)
{
    /// <summary>What a client is given as its endpoint.</summary>
    public Uri? Url => Endpoint is null ? null : new Uri($"http://{Endpoint}");
}
