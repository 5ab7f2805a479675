using System.Text.RegularExpressions;

namespace Espalier.Repository.Tests.Numbering;

public sealed partial class MigrationTests
{
    [Fact]
    public void Migrations_OfEachBackend_AreNumberedFromOneWithoutGaps()
    {
        var backends = Checkout.Files.Where(file => Folder().IsMatch(file)).GroupBy(file => file.Split('/')[2]).ToList();

        backends.ShouldNotBeEmpty();
        Violations.None(
            backends.SelectMany(backend => Numbers.Broken($"{backend.Key} migrations", backend.Select(file => Path.GetFileName(file)), Name())),
            "Migrations are src/Storage/<Backend>/Migrations/NNNN_verb_noun.sql, one number each, without gaps.");
    }

    [Fact]
    public void Migrations_OfSqliteAndPostgres_MeanTheSameByTheSameNumber()
    {
        var sqlite = Names("Sqlite");
        // PostgreSQL may lie behind by migrations that are not ported yet; what it has must be the same change.
        Names("Postgres").ShouldBeSubsetOf(sqlite);

        static List<string> Names(string backend) =>
            [.. Checkout.Files.Where(file => file.StartsWith($"src/Storage/{backend}/Migrations/", StringComparison.Ordinal)).Select(file => Path.GetFileName(file))];
    }

    [Theory]
    [InlineData("0001_create_agents.sql 0003_create_runs.sql", "0002 is missing")]
    [InlineData("0001_create_agents.sql 0001_create_runs.sql", "0001 stands twice")]
    [InlineData("0001_create_agents.sql 2_runs.sql", "2_runs.sql is not named")]
    public void Broken_BadNames_AreFound(string names, string expected) =>
        Numbers.Broken("x", names.Split(' '), Name()).ShouldContain(found => found.Contains(expected));

    [GeneratedRegex("^src/Storage/[A-Za-z]+/Migrations/[^/]+\\.sql$")]
    private static partial Regex Folder();

    [GeneratedRegex("^(?<number>[0-9]{4})_[a-z]+(_[a-z0-9]+)+\\.sql$")]
    private static partial Regex Name();
}
