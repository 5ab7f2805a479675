using Microsoft.Data.Sqlite;

namespace Espalier.Storage.Sqlite;

/// <summary>The writer's connection. It keeps the statements of the hot paths compiled, because compiling costs more than running them.</summary>
internal sealed class WriterConnection(string connectionString) : SqliteConnection(connectionString)
{
    private readonly Dictionary<string, SqliteCommand> _prepared = [];

    /// <summary>A compiled statement with its values bound to <c>$0</c>, <c>$1</c>...; valid until it is asked for again.</summary>
    /// <param name="sql">Constant text: each text is kept as long as the connection.</param>
    /// <param name="values">What is bound; null is NULL.</param>
    public SqliteCommand Prepared(string sql, params ReadOnlySpan<object?> values)
    {
        if (!_prepared.TryGetValue(sql, out var command))
        {
            command = CreateCommand();
#pragma warning disable CA2100 // The texts are the stores' own; whatever comes from outside is a parameter.
            command.CommandText = sql;
#pragma warning restore CA2100
            for (var i = 0; i < values.Length; i++) command.Parameters.Add(new SqliteParameter($"${i}", null));
            _prepared[sql] = command;
        }

        for (var i = 0; i < values.Length; i++) command.Parameters[i].Value = values[i] ?? DBNull.Value;
        return command;
    }

    protected override void Dispose(bool disposing)
    {
        if (disposing)
        {
            foreach (var command in _prepared.Values) command.Dispose();
            _prepared.Clear();
        }

        base.Dispose(disposing);
    }
}
