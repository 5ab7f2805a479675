namespace Espalier.Gateway.Tools;

/// <summary>What a tool answered.</summary>
/// <param name="Json">JSON object: a JSON-RPC answer without its id, or status, headers and body of an HTTP answer.</param>
/// <param name="Error">What went wrong by the tool's own word; null when nothing did.</param>
internal sealed record ToolAnswer(string Json, string? Error)
{
    /// <summary>False for what must not be given again, such as an answer that is no JSON.</summary>
    public bool IsRecordable { get; init; } = true;
}
