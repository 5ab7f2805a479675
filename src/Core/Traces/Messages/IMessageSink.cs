using System.Text.Json;

namespace Espalier.Core.Traces.Messages;

/// <summary>Takes the parts of messages one by one, whichever provider's form they were written in.</summary>
internal interface IMessageSink
{
    /// <param name="role"><c>system</c>, <c>user</c>, <c>assistant</c>, <c>tool</c>, or a word that nobody knows.</param>
    void Begin(string role);

    void Text(string text);

    void Reasoning(string text);

    void ToolCall(string? id, string name, JsonElement arguments);

    void ToolResult(string? id, JsonElement result);

    /// <summary>A part of another kind, such as a picture, as it came.</summary>
    void Other(JsonElement part);

    void End(string? finishReason);
}
