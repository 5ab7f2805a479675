namespace Espalier.Gateway.Policies.Guardrails;

/// <summary>Names of tools in lists; an end of <c>*</c> stands for any end.</summary>
internal static class ToolNames
{
    public static bool Match(IReadOnlyList<string> names, string tool) =>
        names.Any(name => name.EndsWith('*') ? tool.StartsWith(name[..^1], StringComparison.Ordinal) : name == tool);
}
