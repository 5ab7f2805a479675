namespace Espalier.Gateway.Formats;

/// <summary>What a translation could not say in the other format: told to the client in <c>x-espalier-dropped</c> and kept in the trace.</summary>
internal sealed class Dropped
{
    private const int MostLength = 1000;

    private readonly List<string> _names = [];

    public bool Any => _names.Count > 0;

    /// <param name="name">A path of members, without values: <c>tools.web_search</c>.</param>
    public void Add(string name)
    {
        if (!_names.Contains(name)) _names.Add(name);
    }

    public void AddIf(bool there, string name)
    {
        if (there) Add(name);
    }

    /// <summary>Fit for a header: names by comma, in order.</summary>
    public override string ToString()
    {
        var all = string.Join(", ", _names.Select(name => string.Concat(name.Select(c => char.IsAsciiLetterOrDigit(c) || c is '_' or '.' or '-' or '[' or ']' ? c : '_'))));
        return all.Length <= MostLength ? all : all[..all.LastIndexOf(',', MostLength)] + ", more";
    }
}
