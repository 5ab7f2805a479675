using System.Globalization;
using System.Reflection;
using System.Security.Cryptography;
using System.Text;
using Dapper;
using Espalier.Core.Shared;
using Microsoft.Data.Sqlite;

namespace Espalier.Storage.Sqlite;

/// <summary>Forward-only schema changes in numbered files; what was applied is recorded with its hash and never changes again.</summary>
internal static class SqliteMigrations
{
    private const string Prefix = "Espalier.Storage.Sqlite.Migrations.";

    /// <summary>Returns the number of the newest migration.</summary>
    public static int Apply(SqliteConnection connection, string path, TimeProvider time) => Apply(connection, path, time, ReadEmbedded());

    public static int Apply(SqliteConnection connection, string path, TimeProvider time, IReadOnlyList<Migration> known)
    {
        connection.Execute("create table if not exists migration (number integer not null primary key, name text not null, "
            + "hash text not null, applied_us integer not null)");
        var applied = connection.Query<(long Number, string Name, string Hash)>("select number, name, hash from migration order by number").AsList();
        var newest = known.Count == 0 ? 0 : known[^1].Number;
        if (applied.Count > 0 && applied[^1].Number > newest)
        {
            throw new StorageFault(
                StorageFault.SchemaTooNew, path,
                $"The database {path} has schema {applied[^1].Number}, this program knows {newest}: a newer program wrote it.",
                "Start the newer program, or give this one a data folder of its own.");
        }

        foreach (var (number, name, hash) in applied)
            if (known.FirstOrDefault(migration => migration.Number == number) is not { } same || same.Hash != hash)
                throw Changed(path, number, name, newest);
        foreach (var migration in known.Skip(applied.Count)) ApplyOne(connection, migration, time);
        return newest;
    }

    private static StorageFault Changed(string path, long number, string name, int newest) => new(
        StorageFault.SchemaChanged, path,
        $"Migration {number} ({name}) of the database {path} is not the one in this program, which knows {newest}: a released migration was edited.",
        "Restore the released file and put the change into a migration with the next number.");

    private static void ApplyOne(SqliteConnection connection, Migration migration, TimeProvider time)
    {
        using var transaction = connection.BeginTransaction();
        connection.Execute(migration.Sql, transaction: transaction);
        connection.Execute(
            "insert into migration (number, name, hash, applied_us) values (@Number, @Name, @Hash, @At)",
            new { migration.Number, migration.Name, migration.Hash, At = UnixMicros.From(time.GetUtcNow()) }, transaction);
        transaction.Commit();
    }

    private static List<Migration> ReadEmbedded()
    {
        var assembly = Assembly.GetExecutingAssembly();
        return assembly.GetManifestResourceNames()
            .Where(name => name.StartsWith(Prefix, StringComparison.Ordinal))
            .Order(StringComparer.Ordinal)
            .Select(name =>
            {
                using var reader = new StreamReader(assembly.GetManifestResourceStream(name)!);
                return Migration.From(name[Prefix.Length..^".sql".Length], reader.ReadToEnd());
            })
            .ToList();
    }
}

/// <summary>One numbered change of the schema.</summary>
internal sealed record Migration(int Number, string Name, string Sql, string Hash)
{
    /// <param name="name"><c>0001_create_agents</c>.</param>
    /// <param name="sql">Its statements.</param>
    public static Migration From(string name, string sql)
    {
        // A checkout with other line ends is the same migration.
        var text = sql.ReplaceLineEndings("\n");
        var number = int.Parse(name.AsSpan(0, 4), NumberStyles.None, CultureInfo.InvariantCulture);
        return new Migration(number, name, text, Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(text))));
    }
}
