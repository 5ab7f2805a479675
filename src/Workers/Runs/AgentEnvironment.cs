using Espalier.Contracts.Agents;

namespace Espalier.Workers.Runs;

/// <summary>The variables that point every known SDK at the gateway with the run's token as its key.</summary>
/// <remarks>Which SDK reads which is measured in the design notes on agents. The standard ones win over the contract's.</remarks>
internal static class AgentEnvironment
{
    /// <param name="gateway">Address without a trailing slash.</param>
    /// <param name="token">The run token.</param>
    /// <param name="contract">What the contract adds.</param>
    /// <param name="secrets">The secrets that the contract names.</param>
    /// <param name="tools">The tool servers that it declares.</param>
    public static IReadOnlyDictionary<string, string> Build(string gateway, string token, RunContract contract, IReadOnlyDictionary<string, string> secrets, IReadOnlyList<ToolContract>? tools = null)
    {
        // An interpreter that buffers its output when that is a pipe would sit on a finished answer.
        var variables = new Dictionary<string, string> { ["LANG"] = "C.UTF-8", ["PYTHONUNBUFFERED"] = "1" };
        foreach (var (name, value) in contract.Environment) variables[name] = value;

        foreach (var (name, value) in secrets) variables[name] = value;

        variables["OPENAI_BASE_URL"] = $"{gateway}/v1";
        variables["OPENAI_API_BASE"] = $"{gateway}/v1";
        variables["OPENAI_API_KEY"] = token;
        variables["OPENAI_AGENTS_DISABLE_TRACING"] = "1";
        variables["ANTHROPIC_BASE_URL"] = gateway;
        variables["ANTHROPIC_API_BASE"] = gateway;
        variables["ANTHROPIC_API_KEY"] = token;
        variables["ANTHROPIC_AUTH_TOKEN"] = token;
        variables["GOOGLE_GEMINI_BASE_URL"] = gateway;
        variables["GEMINI_API_BASE"] = gateway;
        variables["GOOGLE_API_KEY"] = token;
        variables["GOOGLE_GENAI_API_KEY"] = token;
        variables["GEMINI_API_KEY"] = token;
        variables["OTEL_EXPORTER_OTLP_ENDPOINT"] = gateway;
        variables["OTEL_EXPORTER_OTLP_PROTOCOL"] = "http/protobuf";
        variables["OTEL_EXPORTER_OTLP_HEADERS"] = $"authorization=Bearer%20{token}";
        if (tools is not { Count: > 0 }) return variables;

        variables["ESPALIER_TOOLS_URL"] = $"{gateway}/tools";
        variables["ESPALIER_TOOLS_KEY"] = token;
        foreach (var tool in tools)
            variables[$"ESPALIER_TOOL_{tool.Name.Replace('-', '_').ToUpperInvariant()}_URL"] = $"{gateway}/tools/{tool.Name}{(tool.Protocol == ToolProtocol.Rest ? "" : "/mcp")}";
        return variables;
    }
}
