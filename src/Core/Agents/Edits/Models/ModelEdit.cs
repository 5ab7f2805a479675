using Espalier.Contracts.Agents;
using YamlDotNet.RepresentationModel;

namespace Espalier.Core.Agents.Edits.Models;

/// <summary>Another model behind a slot; the slot's other parameters stay.</summary>
public sealed class ModelEdit : IEditKind
{
    public const string Kind = "model";

    public string Name => Kind;

    public static Edit Swap(string path, string slot, string model, string rationale) => EditFactory.Create(
        Kind, $"{path}#{slot}", "swap", new ModelPayload(path, slot, model), EditJson.Default.ModelPayload, $"use {model} for {slot}", rationale);

    public EditResult Apply(Edit edit, IReadOnlyDictionary<string, byte[]> files)
    {
        var payload = EditFactory.Read(edit, EditJson.Default.ModelPayload);
        return files.ContainsKey(payload.Path)
            ? YamlEdits.Set(files, payload.Path, ["slots", payload.Slot, "model"], new YamlScalarNode(payload.Model))
            : EditResult.Refused($"{payload.Path} is not in this version");
    }
}
