using System.Text.Json;
using Espalier.Contracts;
using Espalier.Contracts.Traces;

namespace Espalier.Storage.ClickHouse.Traces;

/// <summary>A span's details: what is asked for in queries has columns of its own, the rest is one text of JSON.</summary>
internal static class DetailsText
{
    private static readonly SpanDetails Nothing = new();

    /// <summary>Null when nothing is left for the text.</summary>
    public static string? Write(SpanDetails? details)
    {
        if (details is null) return null;
        var rest = details with { Tool = null, ResponseId = null, AgentName = null, AgentVersion = null, Prompt = null };
        return rest == Nothing ? null : JsonSerializer.Serialize(rest, ContractsJson.Default.SpanDetails);
    }

    public static SpanDetails? Read(SpanRow row)
    {
        var rest = row.Details is { } text ? JsonSerializer.Deserialize(text, ContractsJson.Default.SpanDetails)! : Nothing;
        var whole = rest with
        {
            Tool = row.Tool,
            ResponseId = row.ResponseId,
            AgentName = row.AgentName,
            AgentVersion = row.AgentVersion,
            Prompt = row.PromptName is null && row.PromptVersion is null ? null : new PromptReference { Name = row.PromptName, Version = row.PromptVersion },
        };
        return whole == Nothing ? null : whole;
    }
}
