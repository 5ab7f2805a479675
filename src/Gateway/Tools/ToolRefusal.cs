namespace Espalier.Gateway.Tools;

/// <summary>A request of a tool that is not passed on, because of what it is.</summary>
/// <param name="status">Of the HTTP answer.</param>
/// <param name="code">Of JSON-RPC.</param>
/// <param name="message">What was wrong and what would be right.</param>
internal sealed class ToolRefusal(int status, int code, string message) : Exception(message)
{
    public const int ParseError = -32700;
    public const int InvalidRequest = -32600;
    public const int MethodNotFound = -32601;
    public const int InvalidParams = -32602;
    public const int ServerError = -32000;

    public int Status { get; } = status;

    public int Code { get; } = code;

    public static ToolRefusal Invalid(string message) => new(400, InvalidRequest, message);

    public static ToolRefusal Unparsable(string message) => new(400, ParseError, message);

    public static ToolRefusal NoMethod(string method) => new(200, MethodNotFound, $"The tool proxy does not serve '{method}'.");

    public static ToolRefusal NotFound(string message) => new(404, InvalidRequest, message);
}

/// <summary>A real tool server that could not be asked or did not answer. Nobody's mistake in the request.</summary>
internal sealed class ToolFailure(string message, Exception? inner = null) : Exception(message, inner);
