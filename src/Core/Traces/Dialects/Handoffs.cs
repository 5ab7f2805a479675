using Espalier.Contracts.Traces;
using Espalier.Core.Traces.Messages;
using Espalier.Core.Traces.Otlp;

namespace Espalier.Core.Traces.Dialects;

/// <summary>Recognizes the tools by which frameworks let one agent give the request to another.</summary>
internal static class Handoffs
{
    public const string ToolPrefix = "transfer_to_";

    public static bool IsTransfer(string? tool) => tool is not null && tool.StartsWith(ToolPrefix, StringComparison.Ordinal);

    /// <summary>Who takes over: by the tool's arguments, else by its name.</summary>
    public static Handoff? Of(string tool, AttributeValue arguments)
    {
        using var document = LenientJson.Parse(arguments, out _);
        var to = document is null ? null : Json.Text(document.RootElement, "agent_name", "agentName", "agent", "to_agent", "name");
        to ??= tool[ToolPrefix.Length..] is { Length: > 0 } named and not "agent" ? named : null;
        return to is null ? null : new Handoff { To = to };
    }
}
