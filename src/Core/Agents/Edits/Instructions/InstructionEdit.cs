using System.Text;
using Espalier.Contracts.Agents;

namespace Espalier.Core.Agents.Edits.Instructions;

/// <summary>A delta to the instructions: labels that were confused get a description of what belongs to them.</summary>
public sealed class InstructionEdit : IEditKind
{
    public const string Kind = "instruction";

    public string Name => Kind;

    public static Edit Describe(string path, IReadOnlyDictionary<string, string> descriptions, string how, string rationale) => EditFactory.Create(
        Kind, $"{path}#descriptions", "describe", new InstructionPayload(path, descriptions), EditJson.Default.InstructionPayload,
        $"describe {descriptions.Count} labels ({how})", rationale);

    public EditResult Apply(Edit edit, IReadOnlyDictionary<string, byte[]> files)
    {
        var payload = EditFactory.Read(edit, EditJson.Default.InstructionPayload);
        if (!files.TryGetValue(payload.Path, out var bytes)) return EditResult.Refused($"{payload.Path} is not in this version");
        var text = Encoding.UTF8.GetString(bytes);
        var described = LabelLists.Describe(text, payload.Descriptions);
        return described == text ? EditResult.Refused($"{payload.Path} lists none of the labels") : EditResult.Changed(payload.Path, described);
    }
}
