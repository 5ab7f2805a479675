using Espalier.Contracts.Agents;

namespace Espalier.Core.Agents.Edits;

/// <summary>Knows how one kind of edit changes an agent's files. Pure: the same edit on the same files gives the same bytes.</summary>
public interface IEditKind
{
    /// <summary>The word in <see cref="Edit.Kind"/>.</summary>
    string Name { get; }

    /// <summary>The changed files, or why the edit cannot be made here.</summary>
    EditResult Apply(Edit edit, IReadOnlyDictionary<string, byte[]> files);
}

/// <summary>Files to write, or a reason in words; exactly one of the two.</summary>
public sealed record EditResult
{
    private EditResult() { }

    public IReadOnlyDictionary<string, byte[]?>? Changes { get; private init; }

    public string? Reason { get; private init; }

    public static EditResult Changed(string path, string text) =>
        new() { Changes = new Dictionary<string, byte[]?> { [path] = System.Text.Encoding.UTF8.GetBytes(text) } };

    public static EditResult Refused(string reason) => new() { Reason = reason };
}
