using System.Globalization;
using System.Text.Json.Serialization;

namespace Espalier.Storage.ClickHouse;

/// <summary>Brings the tables to the present schema: each numbered file once, in order, recorded when it is done.</summary>
/// <remarks>There are no transactions around tables, so every statement of a migration must bear being run again.</remarks>
internal sealed class ClickHouseMigrator(ClickHouseClient client)
{
    private const string CreateTable =
        "CREATE TABLE IF NOT EXISTS applied_migrations (number UInt32, name String, at DateTime DEFAULT now()) "
        + "ENGINE = ReplacingMergeTree ORDER BY number SETTINGS fsync_after_insert = 1, fsync_part_directory = 1";

    public async Task MigrateAsync(CancellationToken cancellationToken)
    {
        await client.ExecuteAsync(CreateTable, cancellationToken);
        var rows = await client.QueryAsync(
            "SELECT DISTINCT number, name FROM applied_migrations FINAL ORDER BY number", ClickHouseParameters.None, MigrationJson.Default.AppliedMigration, cancellationToken);
        var applied = rows.Select(r => r.Number).ToHashSet();
        var known = EmbeddedSql.Migrations();
        if (applied.Count > 0 && applied.Max() > known[^1].Number)
            throw new InvalidOperationException(
                $"The trace store has schema {applied.Max()}, this server knows {known[^1].Number}: start the newer server, or restore a backup of before its upgrade.");
        // Previews changed their first migrations; a released one is never edited.
        if (rows.Find(row => known[row.Number - 1].Name != row.Name) is { } other)
            throw new InvalidOperationException(
                $"The trace store was made by another preview: its step {other.Number} is '{other.Name}', this server's is '{known[other.Number - 1].Name}'. "
                + "Traces of a preview are not carried over: move the folder of traces away, or start the server that made it.");
        foreach (var (number, name, text) in known.Where(m => !applied.Contains(m.Number)))
        {
            foreach (var statement in text.Split(";\n", StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries))
                await client.ExecuteAsync(statement, cancellationToken);
            await client.ExecuteAsync(
                string.Create(CultureInfo.InvariantCulture, $"INSERT INTO applied_migrations (number, name) VALUES ({number}, '{name}')"), cancellationToken);
        }
    }
}

internal sealed record AppliedMigration(int Number, string Name);

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower, NumberHandling = JsonNumberHandling.AllowReadingFromString)]
[JsonSerializable(typeof(AppliedMigration))]
internal sealed partial class MigrationJson : JsonSerializerContext;
