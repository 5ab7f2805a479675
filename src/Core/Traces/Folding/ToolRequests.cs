using System.Text.Json;
using Espalier.Contracts.Traces;

namespace Espalier.Core.Traces.Folding;

/// <summary>Finds the model's request that an execution of a tool answers, where the execution does not name it.</summary>
/// <remarks>The first request of the same tool with the same arguments, not later than the execution, that no other execution answers.</remarks>
internal static class ToolRequests
{
    public static IReadOnlyList<ToolCall> Join(IReadOnlyList<ToolCall> executions, IReadOnlyList<ModelCall> calls)
    {
        if (executions.All(execution => execution.CallId is not null)) return executions;
        var open = calls
            .SelectMany(call => (call.RequestedTools ?? []).Select(tool => (call.Start, Tool: tool)))
            .Where(request => request.Tool.Id is not null)
            .DistinctBy(request => request.Tool.Id)
            .ToList();
        var named = executions.Select(execution => execution.CallId).OfType<string>().ToHashSet(StringComparer.Ordinal);
        open.RemoveAll(request => named.Contains(request.Tool.Id!));
        if (open.Count == 0) return executions;
        var joined = new List<ToolCall>(executions.Count);
        foreach (var execution in executions)
        {
            var at = execution.CallId is not null || execution.Arguments is null ? -1
                : open.FindIndex(request => request.Start <= execution.Start && request.Tool.Name == execution.Name && IsSame(request.Tool.Arguments, execution.Arguments));
            joined.Add(at < 0 ? execution : execution with { CallId = open[at].Tool.Id });
            if (at >= 0) open.RemoveAt(at);
        }

        return joined;
    }

    private static bool IsSame(string? asked, string given)
    {
        if (asked is null) return false;
        if (asked == given) return true;
        try
        {
            using var a = JsonDocument.Parse(asked);
            using var b = JsonDocument.Parse(given);
            return JsonElement.DeepEquals(a.RootElement, b.RootElement);
        }
        catch (JsonException)
        {
            return false;
        }
    }
}
