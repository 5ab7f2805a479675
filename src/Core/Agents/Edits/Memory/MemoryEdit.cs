using System.Globalization;
using Espalier.Contracts.Agents;

namespace Espalier.Core.Agents.Edits.Memory;

/// <summary>The nearest past cases with their right answers are shown to the model, chosen anew for each call.</summary>
public sealed class MemoryEdit : IEditKind
{
    public const string Kind = "memory";

    public string Name => Kind;

    /// <param name="path">The memory artifact's file.</param>
    /// <param name="slot">The model slot whose calls are shown the cases.</param>
    /// <param name="source">Id of the dataset revision that the cases come from.</param>
    /// <param name="k">Cases shown to one call.</param>
    /// <param name="rationale">Why, with the evidence in numbers.</param>
    public static Edit Retrieve(string path, string slot, string source, int k, string rationale) => EditFactory.Create(
        Kind, $"{path}#retrieval", "retrieve", new MemoryPayload(path, slot, source, k), EditJson.Default.MemoryPayload,
        $"show the {k.ToString(CultureInfo.InvariantCulture)} nearest past cases", rationale);

    public EditResult Apply(Edit edit, IReadOnlyDictionary<string, byte[]> files)
    {
        var payload = EditFactory.Read(edit, EditJson.Default.MemoryPayload);
        var retrieval = YamlEdits.Flow(
            ("source", payload.Source), ("k", payload.K.ToString(CultureInfo.InvariantCulture)), ("slot", payload.Slot));
        return YamlEdits.Set(files, payload.Path, ["retrieval"], retrieval);
    }
}
