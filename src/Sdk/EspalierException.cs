namespace Espalier.Sdk;

/// <summary>The server refused, failed or was not there; with the fix when there is one.</summary>
public sealed class EspalierException(string code, int status, string what, string fix, string? requestId, Exception? inner = null)
    : Exception(fix.Length == 0 ? what : $"{what} {fix}", inner)
{
    /// <summary>The code of a server that could not be reached; <see cref="Status"/> is then 0.</summary>
    public const string Unreachable = "unreachable";

    /// <summary>Stable word for what went wrong: <c>dataset-not-found</c>.</summary>
    public string Code { get; } = code;

    /// <summary>The HTTP status; 0 when no answer came.</summary>
    public int Status { get; } = status;

    public string What { get; } = what;

    /// <summary>What to do about it; empty when the server did not say.</summary>
    public string Fix { get; } = fix;

    public string? RequestId { get; } = requestId;
}
