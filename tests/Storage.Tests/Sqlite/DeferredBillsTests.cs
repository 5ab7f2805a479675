using Espalier.Core.Runs;
using Espalier.Storage.Sqlite.Runs;
using Espalier.Testing.Contracts;
using Espalier.Testing.Fakes;

namespace Espalier.Storage.Tests.Sqlite;

public sealed class SqliteDeferredBillsTests : DeferredBillsContract
{
    private readonly SqliteFixture _fixture = new();

    protected override ValueTask<IDeferredBills> CreateAsync(TimeProvider time) => new(new SqliteDeferredBills(_fixture.Open(time)));

    protected override ValueTask DisposeStoreAsync() => _fixture.DisposeAsync();
}

public sealed class InMemoryDeferredBillsTests : DeferredBillsContract
{
    protected override ValueTask<IDeferredBills> CreateAsync(TimeProvider time) => new(new InMemoryDeferredBills());
}
