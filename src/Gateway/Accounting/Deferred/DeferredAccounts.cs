using System.Security.Cryptography;
using System.Text;
using Espalier.Contracts.Runs;
using Espalier.Contracts.Shared;
using Espalier.Contracts.Traces;
using Espalier.Core.Runs;
using Espalier.Gateway.Pricing;
using Espalier.Gateway.Providers;
using Espalier.Gateway.Text;

namespace Espalier.Gateway.Accounting.Deferred;

/// <summary>Writes down what deferred work cost: on the line and in the trace of whoever gave it, once.</summary>
/// <remarks>The span first, under an id that follows from the work, then the money under the work's key in the ledger: whatever is done twice,
/// by a poller and a client at once or after a crash in between, counts once.</remarks>
internal sealed class DeferredAccounts(ILedger ledger, IDeferredBills bills, PriceTable prices, ISpanSink spans, ModelCatalog models, GatewayMeter meter)
{
    private const int Remembered = 10_000;

    // Runs that go on here, so that what is billed while they do is in their measure too.
    private readonly BoundedCache<string, WeakReference<RunAccount>> _runs = new(Remembered);

    /// <summary>Returns once it will be accounted for whatever happens.</summary>
    public Task RememberAsync(DeferredBill bill, RunAccount run)
    {
        _runs.GetOrAdd(bill.LedgerKey, _ => new WeakReference<RunAccount>(run));
        return bills.AddAsync(bill, null, CancellationToken.None);
    }

    /// <summary>Work of a run, before it is said who does it and what is reserved for it.</summary>
    public static DeferredBill BillOf(RunContext context, string kind, string id, SpanId parent, DateTimeOffset created) => new()
    {
        Kind = kind,
        Id = id,
        Provider = "",
        Model = "",
        LedgerKey = "",
        Budget = context.Budget,
        Agent = context.Agent,
        Version = context.Version,
        TraceId = context.TraceId,
        Parent = parent,
        Purpose = context.Purpose,
        Conversation = context.Conversation,
        User = context.User,
        Session = context.Session,
        Case = context.Case,
        Untraced = context.Untraced,
        Created = created,
    };

    /// <summary>Null when the provider is configured no more.</summary>
    public IProvider? ProviderOf(DeferredBill bill) => models.Providers.FirstOrDefault(provider => provider.Name == bill.Provider);

    /// <summary>Accounts for a reply that came after all.</summary>
    public async Task BillAsync(DeferredBill bill, IProvider provider, AttemptResult result)
    {
        var attempt = AttemptOf(bill, new ServedModel(provider, bill.Model));
        var cost = AttemptCost.Of(attempt, result, prices);
        await WriteAsync(bill, attempt.ToSpan(result, cost, TimeSpan.Zero, prices.Version));
        foreach (var violation in (IReadOnlyList<string>)(result.Reported?.Violations ?? [])) meter.Violated(violation);
        if (cost.Cost is null) meter.Unpriced();
        if (cost.Estimated) meter.Estimated();
        if (await ledger.ChargeAsync(bill.Budget, bill.LedgerKey, cost.Cost ?? bill.Reserved ?? Usd.Zero, CancellationToken.None)) Tell(bill, cost.Cost, cost.Usage);
    }

    /// <summary>Puts what was charged now into the measure of its run, when that goes on here.</summary>
    public void Tell(DeferredBill bill, Usd? cost, TokenUsage? usage)
    {
        if (_runs.TryGet(bill.LedgerKey, out var known) && known.TryGetTarget(out var run)) run.Settle(Usd.Zero, cost, usage);
    }

    /// <summary>An attempt of the work, for spans.</summary>
    public static Attempt AttemptOf(DeferredBill bill, ServedModel model, string part = "") => new()
    {
        SpanId = SpanIdOf($"{bill.LedgerKey}/{part}"),
        Call = new CallRecord(new RunAccount(ContextOf(bill)), model.Model, bill.Created),
        Model = model,
        Role = AttemptRole.Primary,
        Body = default,
        Key = bill.ProviderKey,
        Start = bill.Created,
        StartTimestamp = 0,
        Price = null,
        Reserved = bill.Reserved,
    };

    public ValueTask WriteAsync(DeferredBill bill, Span span)
    {
        if (bill.Untraced) return ValueTask.CompletedTask;
        return spans.AddAsync(span with { ParentId = bill.Parent, Attributes = new Dictionary<string, string>(span.Attributes) { ["deferred"] = bill.Kind } }, CancellationToken.None);
    }

    /// <summary>Nothing more will be known of it: what was reserved is given back, and the metric says that something is missing.</summary>
    public async Task GiveUpAsync(DeferredBill bill)
    {
        meter.Unpriced();
        if (bill.Reserved is not null) await ledger.ReleaseAsync(bill.LedgerKey, CancellationToken.None);
    }

    private static RunContext ContextOf(DeferredBill bill) => new()
    {
        Agent = bill.Agent,
        Version = bill.Version,
        TraceId = bill.TraceId,
        ParentSpan = bill.Parent,
        Purpose = bill.Purpose,
        Budget = bill.Budget,
        RunLimit = new Usd(long.MaxValue),
        Conversation = bill.Conversation,
        User = bill.User,
        Session = bill.Session,
        Case = bill.Case,
        Untraced = bill.Untraced,
    };

    private static SpanId SpanIdOf(string key) => new(Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(key)).AsSpan(0, 8)));
}
