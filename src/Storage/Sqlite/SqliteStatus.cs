namespace Espalier.Storage.Sqlite;

/// <summary>Which SQLite runs, for <c>doctor</c>.</summary>
/// <param name="Version">SQLite's own version: <c>3.40.1</c>.</param>
/// <param name="Library">The library that was loaded: the operating system's, or <c>bundled</c>.</param>
/// <param name="Path">The database file.</param>
/// <param name="Schema">Number of the last migration that was applied.</param>
public sealed record SqliteStatus(string Version, string Library, string Path, int Schema);
