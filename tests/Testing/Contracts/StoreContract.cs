using Espalier.Testing.Fakes;
using Xunit;

namespace Espalier.Testing.Contracts;

/// <summary>Tests that every implementation of one store passes: derive, create the store, and they run.</summary>
public abstract class StoreContract<TStore> : IAsyncLifetime
    where TStore : class
{
    /// <summary>Text that has broken stores before: quotes, NUL, other scripts, direction marks, and what looks like SQL or JSON.</summary>
    protected const string Hostile = "a'b\"c\\d\0e\u202Ef \ud83c\udf33 ä 漢 {\"x\":1} '); drop table budget; -- \r\n\t %_";

    protected ManualTime Time { get; } = new();

    protected TStore Store { get; private set; } = null!;

    protected static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync() => Store = await CreateAsync(Time);

    public async ValueTask DisposeAsync()
    {
        await DisposeStoreAsync();
        GC.SuppressFinalize(this);
    }

    /// <summary>An empty store whose clock is <paramref name="time"/>.</summary>
    protected abstract ValueTask<TStore> CreateAsync(TimeProvider time);

    protected virtual ValueTask DisposeStoreAsync() => ValueTask.CompletedTask;
}
