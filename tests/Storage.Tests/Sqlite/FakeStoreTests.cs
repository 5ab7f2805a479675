using Espalier.Core.Datasets;
using Espalier.Core.Runs;
using Espalier.Core.Search;
using Espalier.Testing.Contracts;
using Espalier.Testing.Fakes;

namespace Espalier.Storage.Tests.Sqlite;

// The fakes that other tests stand on keep the same promises as the stores that they stand for.
public sealed class InMemoryDatasetStoreTests : DatasetStoreContract
{
    protected override ValueTask<IDatasetStore> CreateAsync(TimeProvider time) => new(new InMemoryDatasetStore());
}

public sealed class InMemoryRunCacheTests : RunCacheContract
{
    protected override ValueTask<IRunCache> CreateAsync(TimeProvider time) => new(new InMemoryRunCache());
}

public sealed class InMemoryApprovalStoreTests : ApprovalStoreContract
{
    protected override ValueTask<IApprovalStore> CreateAsync(TimeProvider time) => new(new InMemoryApprovalStore());
}

public sealed class InMemoryCallSiteStoreTests : CallSiteStoreContract
{
    protected override ValueTask<ICallSiteStore> CreateAsync(TimeProvider time) => new(new InMemoryCallSiteStore());
}

public sealed class InMemoryToolStoreTests : ToolStoreContract
{
    protected override ValueTask<IToolStore> CreateAsync(TimeProvider time) => new(new InMemoryToolStore());
}

public sealed class InMemorySessionStoreTests : SessionStoreContract
{
    protected override ValueTask<ISessionStore> CreateAsync(TimeProvider time) => new(new InMemorySessionStore());
}
