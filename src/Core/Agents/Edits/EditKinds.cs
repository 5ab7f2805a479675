using Espalier.Contracts.Agents;
using Espalier.Core.Shared;

namespace Espalier.Core.Agents.Edits;

/// <summary>All edit kinds by name, and the rules that hold for every one of them.</summary>
public sealed class EditKinds(IEnumerable<IEditKind> kinds)
{
    private readonly Dictionary<string, IEditKind> _kinds = kinds.ToDictionary(kind => kind.Name);

    public IReadOnlyCollection<string> Names => _kinds.Keys;

    /// <summary>The changed files, or why the edit cannot be made on this version by this contract.</summary>
    public EditResult Apply(Edit edit, AgentContract contract, IReadOnlyDictionary<string, byte[]> files)
    {
        if (!_kinds.TryGetValue(edit.Kind, out var kind))
            throw new Refusal("edit-kind-unknown", 422, $"There is no edit kind '{edit.Kind}'.", $"Known: {string.Join(", ", _kinds.Keys.Order())}.");
        var result = kind.Apply(edit, files);
        if (result.Changes is null) return result;
        if (contract.WhyNotEditable(result.Changes.Keys) is { } reason) return EditResult.Refused(reason);
        return result.Changes.All(change => files.TryGetValue(change.Key, out var old) && change.Value is { } now && old.AsSpan().SequenceEqual(now))
            ? EditResult.Refused("the version is already so")
            : result;
    }
}
