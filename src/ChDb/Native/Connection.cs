using System.Text;
using Espalier.ChDb.Engine;

namespace Espalier.ChDb.Native;

/// <summary>One connection to the embedded engine: one statement at a time, on whichever thread holds it.</summary>
internal sealed unsafe class Connection : IDisposable
{
    private nint _pointer;
    private Dictionary<string, string> _settings = [];
    private string _database = "default";

    private Connection(nint pointer) => _pointer = pointer;

    // chdb_connect returns a pointer to the handle that the other functions take.
    private nint Handle => *(nint*)_pointer;

    /// <summary>Null when the engine refuses, which it does without a reason.</summary>
    public static Connection? Open(IReadOnlyList<string> arguments) => SignalGuard.Run(() =>
    {
        var texts = arguments.Select(a => Encoding.UTF8.GetBytes(a + '\0')).ToArray();
        using var all = new Pins(texts);
        var opened = LibChDb.Connect(texts.Length, all.Pointers);
        return opened == 0 ? null : new Connection(opened);
    });

    /// <summary>Makes the connection's settings exactly these; what the request before had set goes back to its default.</summary>
    public void Apply(Dictionary<string, string> wanted)
    {
        var changes = new List<string>();
        foreach (var (name, value) in wanted)
            if (!_settings.TryGetValue(name, out var current) || current != value) changes.Add($"{name} = {SqlText.Quote(value)}");
        foreach (var name in _settings.Keys)
            if (!wanted.ContainsKey(name)) changes.Add($"{name} = DEFAULT");
        if (changes.Count == 0) return;
        // After a failure half of them may hold: the next request then sets all of its own again.
        var before = _settings;
        _settings = before.Keys.Concat(wanted.Keys).Distinct().ToDictionary(name => name, _ => "\0", StringComparer.Ordinal);
        Query("SET " + string.Join(", ", changes), "Null", []).Dispose();
        _settings = new(wanted, StringComparer.Ordinal);
    }

    /// <summary>The database of unqualified names.</summary>
    public void Use(string name)
    {
        if (name == _database) return;
        Query($"USE `{name.Replace("\\", "\\\\", StringComparison.Ordinal).Replace("`", "\\`", StringComparison.Ordinal)}`", "Null", []).Dispose();
        _database = name;
    }

    public Result Query(string sql, string format, IReadOnlyList<KeyValuePair<string, string>> parameters)
    {
        var text = Encoding.UTF8.GetBytes(sql);
        var output = Encoding.UTF8.GetBytes(format);
        using var names = new Pins(parameters.Select(p => Encoding.UTF8.GetBytes(p.Key)).ToArray());
        using var values = new Pins(parameters.Select(p => Encoding.UTF8.GetBytes(p.Value)).ToArray());
        fixed (byte* sqlBytes = text, formatBytes = output)
        {
            return new(LibChDb.Query(
                Handle, sqlBytes, (nuint)text.Length, formatBytes, (nuint)output.Length,
                names.Pointers, names.Lengths, values.Pointers, values.Lengths, (nuint)parameters.Count));
        }
    }

    /// <summary>Starts an insert whose rows follow; binary data never goes into the text of a statement.</summary>
    public InsertStream Insert(string sql, string format)
    {
        var text = Encoding.UTF8.GetBytes(sql);
        var input = Encoding.UTF8.GetBytes(format);
        fixed (byte* sqlBytes = text, formatBytes = input)
        {
            return new(LibChDb.StartInsert(Handle, sqlBytes, (nuint)text.Length, formatBytes, (nuint)input.Length));
        }
    }

    public void Dispose()
    {
        if (_pointer != 0) LibChDb.Close(_pointer);
        _pointer = 0;
    }
}
