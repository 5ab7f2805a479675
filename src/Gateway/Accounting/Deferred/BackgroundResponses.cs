using Espalier.Contracts.Runs;
using Espalier.Gateway.Formats;
using Espalier.Gateway.Formats.Readings;
using Espalier.Gateway.Providers;
using Microsoft.AspNetCore.Http;

namespace Espalier.Gateway.Accounting.Deferred;

/// <summary>Responses that were asked for in the background: the provider answers at once that it works on them, and bills them when they are done.</summary>
internal sealed class BackgroundResponses(DeferredAccounts accounts) : IDeferredKind
{
    public const string Kind = "response";

    public string Name => Kind;

    public static DeferredBill BillOf(Attempt attempt, string id) => DeferredAccounts.BillOf(attempt.Call.Run.Context, Kind, id, attempt.Call.SpanId, attempt.Start) with
    {
        Provider = attempt.Model.Provider.Name,
        ProviderKey = attempt.Key,
        Model = attempt.Model.Model,
        LedgerKey = attempt.LedgerKey,
        Reserved = attempt.Reserved,
    };

    public async Task<string?> TryFinishAsync(DeferredBill bill, CancellationToken cancellationToken)
    {
        if (accounts.ProviderOf(bill) is not { } provider) return null;
        var request = new ProviderRequest
        {
            Model = bill.Model,
            Format = WireFormats.OpenAiResponses,
            Body = default,
            Stream = false,
            Operation = Operation.Fetch,
            Stored = Uri.EscapeDataString(bill.Id),
            Key = provider.Keys?.Current.FirstOrDefault(key => key.Name == bill.ProviderKey),
        };
        var reply = await provider.SendAsync(request, cancellationToken);
        if (reply is ProviderReply.Failed { Failure.Status: StatusCodes.Status404NotFound })
        {
            await accounts.GiveUpAsync(bill);
            return "the provider knows it no more";
        }

        var reading = new OpenAiResponsesReading();
        return reply is ProviderReply.Completed completed && reading.TryReadWhole(completed.Body) ? await TryFinishAsync(bill, reading) : null;
    }

    /// <summary>Accounts for what a client has fetched, when that is over.</summary>
    public async Task<string?> TryFinishAsync(DeferredBill bill, OpenAiResponsesReading reading)
    {
        if (reading.InBackground || !reading.Usage.Finished || accounts.ProviderOf(bill) is not { } provider) return null;
        await accounts.BillAsync(bill, provider, new AttemptResult
        {
            Billed = true,
            Reported = reading.Usage,
            OutputBytes = reading.OutputBytes,
            Error = reading.Error,
            Output = reading.Output,
            FinishReason = reading.FinishReason,
        });
        return "billed";
    }
}
