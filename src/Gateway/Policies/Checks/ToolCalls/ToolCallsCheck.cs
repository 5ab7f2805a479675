using System.Text.Json;
using Espalier.Gateway.Formats.Neutral;
using Espalier.Gateway.Policies.Checks.Json;
using Espalier.Gateway.Policies.Checks.Schema;

namespace Espalier.Gateway.Policies.Checks.ToolCalls;

/// <summary>Every tool that the answer calls must be one that it was offered, with arguments that are a JSON object of the tool's schema.</summary>
/// <remarks>Keywords of a tool's schema that the checker does not know decide nothing: the agent wrote them for its vendor.</remarks>
internal sealed class ToolCallsCheck : IReplyCheck
{
    public const string Key = "tool_calls";

    public string Name => Key;

    public string? Problem(ReplyFacts reply)
    {
        foreach (var call in reply.Calls)
        {
            if (reply.Offered.FirstOrDefault(tool => tool.Name == call.Name) is not { } tool) return "calls a tool that it was not offered";
            if (Problem(call, tool) is { } problem) return $"arguments of '{tool.Name}': {problem}";
        }

        return null;
    }

    private static string? Problem(Part.Call call, Tool tool)
    {
        var arguments = JsonText.Parse(string.IsNullOrWhiteSpace(call.Arguments) ? "{}" : call.Arguments);
        if (arguments is not { ValueKind: JsonValueKind.Object } json) return "are no JSON object";
        return tool.Schema is { } schema ? JsonSchema.Compile(schema, lenient: true).Problem(json) : null;
    }
}
