using Espalier.Contracts.Agents;
using YamlDotNet.RepresentationModel;

namespace Espalier.Core.Agents.Edits.Routes;

/// <summary>A cascade: a cheap model answers, and a dearer one is asked when it is not sure.</summary>
public sealed class RouteEdit : IEditKind
{
    public const string Kind = "route";

    public string Name => Kind;

    public static Edit Cascade(string path, string slot, string cheap, string dear, double below, string rationale)
    {
        IReadOnlyList<RouteStep> steps = [new(cheap, below), new(dear, null)];
        return EditFactory.Create(
            Kind, $"{path}#{slot}", "cascade", new RoutePayload(path, slot, steps), EditJson.Default.RoutePayload,
            $"ask {cheap} first, {dear} below confidence {YamlEdits.Text(below)}", rationale);
    }

    public EditResult Apply(Edit edit, IReadOnlyDictionary<string, byte[]> files)
    {
        var payload = EditFactory.Read(edit, EditJson.Default.RoutePayload);
        var steps = new YamlSequenceNode(payload.Steps.Select(step => (YamlNode)(step.Below is { } below
            ? YamlEdits.Flow(("model", step.Model), ("below", YamlEdits.Text(below)))
            : YamlEdits.Flow(("model", step.Model)))));
        return YamlEdits.Set(files, payload.Path, ["routes", payload.Slot, "cascade"], steps);
    }
}
