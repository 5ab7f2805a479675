using System.Text.Json;
using Espalier.Contracts.Runs;
using Espalier.Contracts.Shared;
using Espalier.Contracts.Traces;
using Espalier.Core.Runs;
using Espalier.Gateway.Accounting.Deferred;
using Espalier.Gateway.Pricing;
using Espalier.Gateway.Providers;
using Microsoft.AspNetCore.Http;

namespace Espalier.Gateway.Accounting.Batches;

/// <summary>Batches: asked after until they end, then accounted for line by line, once, by (batch, line).</summary>
internal sealed class ProviderBatches(
    IEnumerable<IBatchApi> apis, DeferredAccounts accounts, IDeferredBills bills, ILedger ledger, BatchResults results, PriceTable prices, GatewayMeter meter) : IDeferredKind
{
    public const string Kind = "batch";
    public const string FileKind = "file";

    public string Name => Kind;

    public async Task<string?> TryFinishAsync(DeferredBill bill, CancellationToken cancellationToken)
    {
        if (accounts.ProviderOf(bill) is not { } provider || provider is not IPassThrough passes || apis.FirstOrDefault(api => api.Provider == bill.Provider) is not { } api) return null;
        var reply = await passes.PassAsync(new PassedRequest(HttpMethod.Get, api.PathOf(bill.Id)) { Key = bill.ProviderKey }, cancellationToken);
        if (reply.Failure is { Status: StatusCodes.Status404NotFound })
        {
            await accounts.GiveUpAsync(bill);
            return "the provider knows it no more";
        }

        if (reply.Response is null) return null;
        BatchState? state;
        using (reply.Response)
        {
            using var json = await JsonDocument.ParseAsync(await reply.Response.Content.ReadAsStreamAsync(cancellationToken), cancellationToken: cancellationToken);
            state = api.Read(json.RootElement);
        }

        if (state is null) return null;
        await RememberFilesAsync(bills, bill, state);
        if (!state.Ended) return null;
        var sums = new BatchSums();
        var charge = new BatchCharge();
        foreach (var path in state.Results)
        {
            var file = await passes.PassAsync(new PassedRequest(HttpMethod.Get, path) { Key = bill.ProviderKey }, cancellationToken);
            if (file.Failure is { Status: StatusCodes.Status404NotFound }) continue;
            if (file.Response is null) return null;
            using (file.Response)
            {
                using var lines = new StreamReader(await file.Response.Content.ReadAsStreamAsync(cancellationToken));
                charge = charge.Plus(await results.ChargeAsync(bill.Budget, api.PricedAs, bill.Id, lines, bill.Created, sums.Add, cancellationToken));
            }
        }

        if (state.Inline.Count > 0)
        {
            using var lines = new StringReader(string.Join('\n', state.Inline));
            charge = charge.Plus(await results.ChargeAsync(bill.Budget, api.PricedAs, bill.Id, lines, bill.Created, sums.Add, cancellationToken));
        }

        await CloseAsync(bill, provider, charge, sums);
        return $"billed: {charge.Charged + charge.Known} lines, {charge.Failed} without a reply, {charge.Unpriced} without a price, {charge.Unreadable} unreadable";
    }

    /// <summary>The files of a batch are its sender's.</summary>
    public static async Task RememberFilesAsync(IDeferredBills bills, DeferredBill batch, BatchState state)
    {
        foreach (var file in state.Files)
            await bills.AddAsync(batch with { Kind = FileKind, Id = file, LedgerKey = "", Reserved = null }, "kept for its owner", CancellationToken.None);
    }

    private async Task CloseAsync(DeferredBill bill, IProvider provider, BatchCharge charge, BatchSums sums)
    {
        // All lines of one model are one attempt in the trace: a batch may have 50,000.
        foreach (var (model, sum) in sums.ByModel)
        {
            var attempt = DeferredAccounts.AttemptOf(bill, new ServedModel(provider, model), model);
            var span = attempt.Call.NewSpan(attempt.SpanId, bill.Parent, SpanKind.Attempt, "batch", bill.Created, TimeSpan.Zero) with
            {
                Role = AttemptRole.Primary,
                Provider = bill.Provider,
                Model = attempt.Model.FullName,
                Usage = sum.Usage,
                Cost = sum.Cost,
                CostReason = sum.Cost is null ? $"no price for {model}" : null,
                PriceTable = sum.Cost is null ? null : prices.Version,
                Attributes = new Dictionary<string, string> { ["service_tier"] = Kind, ["batch_id"] = bill.Id, ["lines"] = $"{sum.Lines}", ["billed"] = "true" },
            };
            await accounts.WriteAsync(bill, span);
        }

        for (var i = 0; i < charge.Unpriced; i++) meter.Unpriced();
        // The lines are counted one by one; what was held for all of them is held no more.
        if (bill.Reserved is not null) await ledger.ReleaseAsync(bill.LedgerKey, CancellationToken.None);
        if (charge.Charged > 0) accounts.Tell(bill, charge.Unpriced > 0 ? null : charge.Cost, sums.Total);
    }
}
