namespace Espalier.Storage.ClickHouse;

/// <summary>The .sql files that lie beside the code, read from this assembly.</summary>
internal static class EmbeddedSql
{
    private const string Root = "Espalier.Storage.ClickHouse.";

    /// <param name="name">Folder and file below this one, with dots: <c>Traces.find_spans.sql</c>.</param>
    public static string Read(string name)
    {
        using var stream = typeof(EmbeddedSql).Assembly.GetManifestResourceStream(Root + name)
            ?? throw new InvalidOperationException($"{name} is not embedded.");
        using var reader = new StreamReader(stream);
        return reader.ReadToEnd();
    }

    /// <summary>Name and text of each migration, by number.</summary>
    public static IReadOnlyList<(int Number, string Name, string Text)> Migrations() =>
        [.. typeof(EmbeddedSql).Assembly.GetManifestResourceNames()
            .Where(n => n.StartsWith(Root + "Migrations.", StringComparison.Ordinal))
            .Order(StringComparer.Ordinal)
            .Select(n => n[Root.Length..])
            .Select(n => (int.Parse(n.AsSpan("Migrations.".Length, 4)), n["Migrations.".Length..^".sql".Length], Read(n)))];
}
