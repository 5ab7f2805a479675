namespace Espalier.Gateway.Tools.Mcp;

/// <summary>A way to one MCP server that is open: a process, or an address with a session. Thread-safe.</summary>
internal interface IMcpServer : IAsyncDisposable
{
    /// <summary>True when nothing can be asked any more.</summary>
    bool IsClosed { get; }

    /// <summary>Changes whenever the server said that its list of tools is another one.</summary>
    int Changes { get; }

    /// <returns>JSON object with <c>result</c> or <c>error</c>.</returns>
    /// <param name="method">The method.</param>
    /// <param name="parameters">JSON object; null for none.</param>
    /// <param name="onProgress">Gets the parameters of progress notifications, JSON; null asks for none.</param>
    /// <param name="cancellationToken">Gives the request up.</param>
    /// <exception cref="ToolFailure">It did not answer.</exception>
    Task<string> RequestAsync(string method, string? parameters, Func<string, ValueTask>? onProgress, CancellationToken cancellationToken);

    Task NotifyAsync(string method, CancellationToken cancellationToken);
}
