using Espalier.Sdk;

namespace Espalier.Cli.Output;

/// <summary>An end that is not success: what happened, why, what to type.</summary>
internal sealed class CliError(int exitCode, string code, string what, string why, string fix) : Exception(what)
{
    public int ExitCode { get; } = exitCode;

    public string Code { get; } = code;

    public string What { get; } = what;

    public string Why { get; } = why;

    public string Fix { get; } = fix;

    public string? RequestId { get; private init; }

    public static CliError Usage(string what, string why, string fix) => new(ExitCodes.Usage, "usage", what, why, fix);

    public static CliError NotFound(string what, string why, string fix) => new(ExitCodes.NotFound, "not-found", what, why, fix);

    /// <summary>The server's answer as an exit code: the status says which of our meanings it has.</summary>
    public static CliError From(EspalierException exception, Uri? server)
    {
        var exit = exception.Status switch
        {
            0 or 502 or 503 or 504 or 507 => ExitCodes.Unreachable,
            401 or 403 or 409 or 412 => ExitCodes.Refused,
            402 or 429 => ExitCodes.StoppedAtLimit,
            404 or 410 => ExitCodes.NotFound,
            >= 400 and < 500 => ExitCodes.Usage,
            _ => ExitCodes.Internal,
        };
        var request = exception.RequestId is { } id ? $", request {id}" : "";
        var why = exception.Status == 0
            ? $"No server answers at {server?.ToString() ?? "the address that was given"}."
            : $"The server answered {exception.Status} ({exception.Code}{request}).";
        var fix = exception.Fix.Length > 0 ? exception.Fix : "Look at the server's log: .espalier/server.log";
        return new CliError(exit, exception.Code, exception.What, why, fix) { RequestId = exception.RequestId };
    }
}
