using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using Espalier.Contracts.Agents;
using Espalier.Core.Shared;

namespace Espalier.Core.Agents.Edits;

/// <summary>Makes edits whose id is their content.</summary>
public static class EditFactory
{
    public static Edit Create<TPayload>(
        string kind, string target, string operation, TPayload payload, JsonTypeInfo<TPayload> type, string title, string rationale)
    {
        var json = JsonSerializer.Serialize(payload, type);
        return new Edit
        {
            Id = "edit_" + ContentHash.Of(16, kind, target, operation, json),
            Kind = kind,
            Target = target,
            Operation = operation,
            Payload = json,
            Title = title,
            Rationale = rationale,
        };
    }

    public static TPayload Read<TPayload>(Edit edit, JsonTypeInfo<TPayload> type) =>
        JsonSerializer.Deserialize(edit.Payload, type) ?? throw new InvalidOperationException($"Edit {edit.Id} has an empty payload.");
}
