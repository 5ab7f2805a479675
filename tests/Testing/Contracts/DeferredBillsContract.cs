using Espalier.Contracts.Agents;
using Espalier.Contracts.Runs;
using Espalier.Contracts.Shared;
using Espalier.Contracts.Traces;
using Espalier.Core.Runs;
using Shouldly;
using Xunit;

namespace Espalier.Testing.Contracts;

/// <summary>What every store of deferred bills keeps to.</summary>
public abstract class DeferredBillsContract : StoreContract<IDeferredBills>
{
    [Fact]
    public async Task Add_KnownOne_StaysAsItWas()
    {
        var bill = Bill("resp_1", 1);
        await Store.AddAsync(bill, null, Cancellation);
        await Store.AddAsync(bill with { Agent = "other" }, null, Cancellation);
        (await Store.FindAsync("response", "resp_1", Cancellation)).ShouldBe(bill);
        (await Store.FindAsync("batch", "resp_1", Cancellation)).ShouldBeNull();
    }

    [Fact]
    public async Task ListOpen_AfterEnds_HasWhatIsOpenOldestFirst()
    {
        await Store.AddAsync(Bill("b", 2), null, Cancellation);
        await Store.AddAsync(Bill("a", 1), null, Cancellation);
        await Store.AddAsync(Bill("c", 3), null, Cancellation);
        await Store.AddAsync(Bill("file_1", 0) with { Kind = "file" }, "kept for its owner", Cancellation);
        (await Store.ListOpenAsync(Cancellation)).Select(bill => bill.Id).ShouldBe(["a", "b", "c"]);
        await Store.EndAsync("response", "b", "billed", Cancellation);
        await Store.EndAsync("response", "b", "billed again", Cancellation);
        await Store.EndAsync("response", "nobody", "billed", Cancellation);
        (await Store.ListOpenAsync(Cancellation)).Select(bill => bill.Id).ShouldBe(["a", "c"]);
        (await Store.FindAsync("response", "b", Cancellation)).ShouldNotBeNull();
        (await Store.FindAsync("file", "file_1", Cancellation)).ShouldNotBeNull();
    }

    private static DeferredBill Bill(string id, int second) => new()
    {
        Kind = "response",
        Id = id,
        Provider = "openai",
        ProviderKey = "0011223344556677",
        Model = "gpt-5",
        LedgerKey = $"00000000000000{second:00}",
        Budget = new BudgetId("keys/key_1"),
        Reserved = new Usd(1234),
        Agent = "shop",
        Version = new VersionId("1111111111111111111111111111111111111111"),
        TraceId = new TraceId("0af7651916cd43dd8448eb211c80319c"),
        Parent = new SpanId("b7ad6b7169203331"),
        Purpose = Purpose.Production,
        User = "u",
        Created = new DateTimeOffset(2026, 3, 1, 12, 0, second, TimeSpan.Zero),
    };
}
