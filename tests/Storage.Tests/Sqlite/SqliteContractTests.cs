using Dapper;
using Espalier.Core.Agents;
using Espalier.Core.Datasets;
using Espalier.Core.Releases;
using Espalier.Core.Runs;
using Espalier.Core.Search;
using Espalier.Storage.Sqlite;
using Espalier.Storage.Sqlite.Agents;
using Espalier.Storage.Sqlite.Datasets;
using Espalier.Storage.Sqlite.Releases;
using Espalier.Storage.Sqlite.Runs;
using Espalier.Storage.Sqlite.Search;
using Espalier.Testing.Contracts;
using Microsoft.Data.Sqlite;

namespace Espalier.Storage.Tests.Sqlite;

internal sealed class SqliteFixture : IAsyncDisposable
{
    private readonly TemporaryFolder _folder = new();
    private SqliteDatabase? _database;

    public SqliteDatabase Open(TimeProvider time) => _database = SqliteDatabase.Open(_folder.Path, time);

    /// <summary>Runs a statement behind the database's back, as somebody with the file in hand would.</summary>
    public void Tamper(string sql)
    {
        using var connection = new SqliteConnection($"Data Source={_folder[SqliteDatabase.FileName]};Pooling=False");
        connection.Open();
        connection.Execute(sql);
    }

    public async ValueTask DisposeAsync()
    {
        if (_database is not null) await _database.DisposeAsync();
        _folder.Dispose();
    }
}

public sealed class SqliteAgentStoreTests : AgentStoreContract
{
    private readonly SqliteFixture _fixture = new();

    protected override ValueTask<IAgentStore> CreateAsync(TimeProvider time) => new(new SqliteAgentStore(_fixture.Open(time)));

    protected override ValueTask DisposeStoreAsync() => _fixture.DisposeAsync();
}

public sealed class SqliteDatasetStoreTests : DatasetStoreContract
{
    private readonly SqliteFixture _fixture = new();

    protected override ValueTask<IDatasetStore> CreateAsync(TimeProvider time) => new(new SqliteDatasetStore(_fixture.Open(time)));

    protected override ValueTask DisposeStoreAsync() => _fixture.DisposeAsync();
}

public sealed class SqliteRunCacheTests : RunCacheContract
{
    private readonly SqliteFixture _fixture = new();

    protected override ValueTask<IRunCache> CreateAsync(TimeProvider time) => new(new SqliteRunCache(_fixture.Open(time)));

    protected override ValueTask DisposeStoreAsync() => _fixture.DisposeAsync();
}

public sealed class SqliteApprovalStoreTests : ApprovalStoreContract
{
    private readonly SqliteFixture _fixture = new();

    protected override ValueTask<IApprovalStore> CreateAsync(TimeProvider time) => new(new SqliteApprovalStore(_fixture.Open(time)));

    protected override ValueTask DisposeStoreAsync() => _fixture.DisposeAsync();
}

public sealed class SqliteToolStoreTests : ToolStoreContract
{
    private readonly SqliteFixture _fixture = new();

    protected override ValueTask<IToolStore> CreateAsync(TimeProvider time) => new(new SqliteToolStore(_fixture.Open(time)));

    protected override ValueTask DisposeStoreAsync() => _fixture.DisposeAsync();
}

public sealed class SqliteCallSiteStoreTests : CallSiteStoreContract
{
    private readonly SqliteFixture _fixture = new();

    protected override ValueTask<ICallSiteStore> CreateAsync(TimeProvider time) => new(new SqliteCallSiteStore(_fixture.Open(time)));

    protected override ValueTask DisposeStoreAsync() => _fixture.DisposeAsync();
}

public sealed class SqliteLedgerTests : LedgerContract
{
    private readonly SqliteFixture _fixture = new();

    protected override ValueTask<ILedger> CreateAsync(TimeProvider time) => new(new SqliteLedger(_fixture.Open(time)));

    protected override ValueTask DisposeStoreAsync() => _fixture.DisposeAsync();
}

public sealed class SqliteSessionStoreTests : SessionStoreContract
{
    private readonly SqliteFixture _fixture = new();

    protected override ValueTask<ISessionStore> CreateAsync(TimeProvider time) => new(new SqliteSessionStore(_fixture.Open(time)));

    protected override ValueTask DisposeStoreAsync() => _fixture.DisposeAsync();
}

public sealed class SqliteReleaseStoreTests : ReleaseStoreContract
{
    private readonly SqliteFixture _fixture = new();

    protected override ValueTask<IReleaseStore> CreateAsync(TimeProvider time) => new(new SqliteReleaseStore(_fixture.Open(time)));

    protected override ValueTask DisposeStoreAsync() => _fixture.DisposeAsync();
}

public sealed class SqliteAuditLogTests : AuditLogContract
{
    private readonly SqliteFixture _fixture = new();

    [Theory]
    [InlineData("update audit_entry set detail = 'nothing happened' where sequence = 1")]
    [InlineData("delete from audit_entry where sequence = 2")]
    [InlineData("insert or replace into audit_entry values (1, 0, 'x', 'x', 'x', 'x', 'x', 'x')")]
    [InlineData("insert into audit_entry values (9, 0, 'x', 'x', 'x', 'x', 'x', 'x')")]
    public async Task Statement_ThatChangesThePast_IsRefused(string sql)
    {
        for (var i = 0; i < 2; i++) await Store.AppendAsync(new("ann", "did", "it", "so"), Cancellation);
        Should.Throw<SqliteException>(() => _fixture.Tamper(sql)).Message.ShouldContain("append-only");
        (await Store.FindFirstBadAsync(Cancellation)).ShouldBeNull();
    }

    [Theory]
    [InlineData("at_us", "at_us + 1")]
    [InlineData("principal", "'eve'")]
    [InlineData("action", "upper(action)")]
    [InlineData("target", "target || target")]
    [InlineData("target", "''")]
    [InlineData("detail", "principal")]
    [InlineData("previous", "hash")]
    [InlineData("hash", "replace(hash, substr(hash, 1, 1), 'f') || '0'")]
    public async Task FindFirstBadAsync_AnyColumnChanged_NamesTheEntry(string column, string value)
    {
        for (var i = 0; i < 5; i++) await Store.AppendAsync(new("ann", "did", "it", "so"), Cancellation);
        _fixture.Tamper($"drop trigger audit_entry_is_not_updated; update audit_entry set {column} = {value} where sequence = 3");
        (await Store.FindFirstBadAsync(Cancellation)).ShouldBe(3);
    }

    protected override ValueTask<IAuditLog> CreateAsync(TimeProvider time) => new(new SqliteAuditLog(_fixture.Open(time)));

    protected override ValueTask DisposeStoreAsync() => _fixture.DisposeAsync();

    protected override Task TamperAsync(long sequence, bool delete)
    {
        _fixture.Tamper(delete
            ? $"drop trigger if exists audit_entry_is_not_deleted; delete from audit_entry where sequence = {sequence}"
            : "drop trigger if exists audit_entry_is_not_updated; update audit_entry set detail = char(unicode(detail) + 1) || substr(detail, 2) "
                + $"where sequence = {sequence}");
        return Task.CompletedTask;
    }
}
