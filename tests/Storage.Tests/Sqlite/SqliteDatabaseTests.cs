using Dapper;
using Espalier.Contracts.Releases;
using Espalier.Core.Shared;
using Espalier.Storage.Sqlite;
using Espalier.Storage.Sqlite.Releases;
using Microsoft.Data.Sqlite;

namespace Espalier.Storage.Tests.Sqlite;

public sealed class SqliteDatabaseTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    private string FilePath => _folder[SqliteDatabase.FileName];

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task Open_Again_FindsWhatWasWritten()
    {
        AuditEntry entry;
        await using (var first = Open()) entry = await new SqliteAuditLog(first).AppendAsync(new AuditAct("ann", "did", "it", "so"), Cancellation);
        await using var second = Open();
        (await new SqliteAuditLog(second).ReadAsync(0, 10, Cancellation)).ShouldBe([entry]);
        (await new SqliteAuditLog(second).FindFirstBadAsync(Cancellation)).ShouldBeNull();
    }

    [Fact]
    public async Task Info_OpenDatabase_SaysWhichLibraryRunsAndWhichSchema()
    {
        await using var database = Open();
        database.Status.Path.ShouldBe(FilePath);
        database.Status.Schema.ShouldBe(Query<int>("select max(number) from migration"));
        Version.Parse(database.Status.Version).ShouldBeGreaterThanOrEqualTo(new Version(3, 35));
        // The operating system's library is installed where these tests run, so it is the one.
        database.Status.Library.ShouldBe("libsqlite3.so.0");
    }

    [Fact]
    public async Task Open_FolderInUse_NamesTheProcess()
    {
        await using var database = Open();
        var fault = Should.Throw<StorageFault>(Open);
        fault.Code.ShouldBe(StorageFault.Locked);
        fault.Message.ShouldContain($"process {Environment.ProcessId}");
        fault.Message.ShouldContain(_folder.Path);
    }

    [Fact]
    public async Task WriteAsync_LockedByAnotherProgram_SaysSoAndWorksAfterwards()
    {
        await using var database = SqliteDatabase.Open(_folder.Path, TimeProvider.System, patience: 1);
        var audit = new SqliteAuditLog(database);
        using (var other = new SqliteConnection($"Data Source={FilePath};Pooling=False"))
        {
            other.Open();
            other.Execute("begin immediate");
            var fault = await Should.ThrowAsync<StorageFault>(() => audit.AppendAsync(new AuditAct("a", "b", "c", "d"), Cancellation));
            fault.Code.ShouldBe(StorageFault.Locked);
            fault.Message.ShouldContain(FilePath);
        }

        (await audit.AppendAsync(new AuditAct("a", "b", "c", "d"), Cancellation)).Sequence.ShouldBe(1);
    }

    [Fact]
    public async Task Open_NewerSchema_IsRefusedWithBothNumbers()
    {
        await Open().DisposeAsync();
        var known = Query<int>("select max(number) from migration");
        Query<int>("insert into migration values (9001, '9001_from_the_future', 'x', 0) returning number");
        var fault = Should.Throw<StorageFault>(Open);
        fault.Code.ShouldBe(StorageFault.SchemaTooNew);
        fault.What.ShouldContain("9001");
        fault.What.ShouldContain($"knows {known}");
        fault.Fix.ShouldContain("newer program");
        Should.Throw<StorageFault>(Open, "and the folder was let go of");
    }

    [Fact]
    public async Task Open_EditedMigration_IsRefused()
    {
        await Open().DisposeAsync();
        Query<int>("update migration set hash = 'other' where number = 2 returning number");
        var fault = Should.Throw<StorageFault>(Open);
        fault.Code.ShouldBe(StorageFault.SchemaChanged);
        fault.What.ShouldContain("Migration 2 (0002_create_datasets)");
    }

    [Fact]
    public void Apply_MigrationThatFails_LeavesTheSchemaBeforeIt()
    {
        using var connection = new SqliteConnection($"Data Source={FilePath};Pooling=False");
        connection.Open();
        Migration good = Migration.From("0001_create_a", "create table a (x text);"), bad = Migration.From("0002_create_b", "create table b (x text); nonsense;");
        Should.Throw<SqliteException>(() => SqliteMigrations.Apply(connection, FilePath, TimeProvider.System, [good, bad]));
        connection.Query<string>("select name from sqlite_master where type = 'table' order by name").ShouldBe(["a", "migration"]);
        connection.Query<long>("select number from migration").ShouldBe([1]);
        SqliteMigrations.Apply(connection, FilePath, TimeProvider.System, [good, Migration.From("0002_create_b", "create table b (x text);")]).ShouldBe(2);
    }

    [Fact]
    public void From_OtherLineEnds_IsTheSameMigration() =>
        Migration.From("0001_create_a", "create\r\ntable").Hash.ShouldBe(Migration.From("0001_create_a", "create\ntable").Hash);

    [Fact]
    public void Open_FileThatIsNoDatabase_SaysSo()
    {
        _folder.Write(SqliteDatabase.FileName, new string('x', 8192));
        Should.Throw<StorageFault>(Open).Code.ShouldBe(StorageFault.Damaged);
    }

    [Fact]
    public async Task WriteAsync_OneOfManyFails_OnlyItFails()
    {
        await using var database = Open();
        var writes = Enumerable.Range(0, 100).Select(i => Task.Run(() => database.WriteAsync(
            i % 3 == 0 ? Durability.Power : Durability.Process,
            connection =>
            {
                connection.Execute("insert into agent (name, source, head) values (@i, '', '')", new { i });
                return i % 10 == 0 ? throw new InvalidOperationException("no") : i;
            },
            Cancellation))).ToList();
        await ((Task)Task.WhenAll(writes)).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing | ConfigureAwaitOptions.ContinueOnCapturedContext);
        writes.Select((write, i) => write.IsFaulted == (i % 10 == 0)).ShouldAllBe(right => right);
        Query<int>("select count(*) from agent").ShouldBe(90);
    }

    [Fact]
    public async Task WriteAsync_CancelledBeforeItBegan_DoesNotHappen()
    {
        await using var database = Open();
        using var source = new CancellationTokenSource();
        using var first = new SemaphoreSlim(0);
        using var release = new SemaphoreSlim(0);
        var blocking = database.WriteAsync(Durability.Process, _ => first.Release() + (release.Wait(TimeSpan.FromSeconds(20), Cancellation) ? 1 : 0), Cancellation);
        await first.WaitAsync(Cancellation);
        var waiting = database.WriteAsync(Durability.Process, connection => connection.Execute("insert into agent values ('a', '', '')"), source.Token);
        await source.CancelAsync();
        release.Release();
        await blocking;
        await Should.ThrowAsync<OperationCanceledException>(() => waiting);
        Query<int>("select count(*) from agent").ShouldBe(0);
    }

    [Fact]
    public async Task WriteAsync_AfterDispose_Throws()
    {
        var database = Open();
        await database.DisposeAsync();
        await Should.ThrowAsync<ObjectDisposedException>(() => database.WriteAsync(Durability.Process, _ => 0, Cancellation));
    }

    private SqliteDatabase Open() => SqliteDatabase.Open(_folder.Path, TimeProvider.System);

    private T? Query<T>(string sql)
    {
        using var connection = new SqliteConnection($"Data Source={FilePath};Pooling=False");
        connection.Open();
        return connection.ExecuteScalar<T>(sql);
    }
}
