using System.Text;
using Espalier.Contracts.Agents;

namespace Espalier.Core.Agents.Edits.Examples;

/// <summary>Labelled examples at the end of a prompt file, the same for every call.</summary>
public sealed class ExamplesEdit : IEditKind
{
    public const string Kind = "examples";

    public string Name => Kind;

    public static Edit Put(string path, IReadOnlyList<LabelledExample> examples, string how, string rationale) => EditFactory.Create(
        Kind, $"{path}#examples", "put", new ExamplesPayload(path, examples), EditJson.Default.ExamplesPayload,
        $"put {examples.Count} examples into the prompt ({how})", rationale);

    public EditResult Apply(Edit edit, IReadOnlyDictionary<string, byte[]> files)
    {
        var payload = EditFactory.Read(edit, EditJson.Default.ExamplesPayload);
        if (!files.TryGetValue(payload.Path, out var bytes)) return EditResult.Refused($"{payload.Path} is not in this version");
        var prompt = LabelledExamples.Remove(Encoding.UTF8.GetString(bytes)).TrimEnd();
        return EditResult.Changed(payload.Path, $"{prompt}\n\n{LabelledExamples.Format(payload.Examples)}\n");
    }
}
