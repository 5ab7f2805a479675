using System.Text;
using Espalier.Contracts.Agents;

namespace Espalier.Core.Agents.Edits.Context;

/// <summary>Takes the list of labels out of the context: paid for on every call, and needless once examples name the labels.</summary>
public sealed class ContextEdit : IEditKind
{
    public const string Kind = "context";

    public string Name => Kind;

    public static Edit TrimLabels(string path, IReadOnlyList<string> labels, string rationale) => EditFactory.Create(
        Kind, $"{path}#labels", "trim", new ContextPayload(path, labels), EditJson.Default.ContextPayload,
        $"leave the list of {labels.Count} labels out of the prompt", rationale);

    public EditResult Apply(Edit edit, IReadOnlyDictionary<string, byte[]> files)
    {
        var payload = EditFactory.Read(edit, EditJson.Default.ContextPayload);
        if (!files.TryGetValue(payload.Path, out var bytes)) return EditResult.Refused($"{payload.Path} is not in this version");
        var text = Encoding.UTF8.GetString(bytes);
        var trimmed = LabelLists.Remove(text, payload.Labels.ToHashSet(StringComparer.Ordinal));
        return trimmed == text ? EditResult.Refused($"{payload.Path} lists none of the labels") : EditResult.Changed(payload.Path, trimmed);
    }
}
