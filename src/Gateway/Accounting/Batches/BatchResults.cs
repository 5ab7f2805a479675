using System.Text;
using System.Text.Json;
using Espalier.Contracts.Runs;
using Espalier.Contracts.Shared;
using Espalier.Contracts.Traces;
using Espalier.Core.Runs;
using Espalier.Gateway.Accounting.Usage;
using Espalier.Gateway.Pricing;

namespace Espalier.Gateway.Accounting.Batches;

/// <summary>Bills a batch by its file of results: each line once, however often and by whomever the file is fetched.</summary>
/// <remarks>Usage stands in each line: OpenAI's <c>response.body</c>, Anthropic's <c>result.message</c>, Google's <c>response</c>. The key in
/// the ledger is the batch's id and the line's own. Prices are those of the tier <c>batch</c> on the day of the batch.</remarks>
internal sealed class BatchResults(ILedger ledger, PriceTable prices)
{
    /// <param name="budget">The line that pays: that of whoever sent the batch.</param>
    /// <param name="provider">Whose batch it is, as price lists name it.</param>
    /// <param name="batchId">The provider's id of the batch.</param>
    /// <param name="lines">The file of results, JSON lines.</param>
    /// <param name="at">When the batch was sent.</param>
    /// <param name="each">Told of each line that was billed, now or before: its model, what it used, and its cost, null when unknown.</param>
    /// <param name="cancellationToken">Ends the work; what was charged stays charged.</param>
    public async Task<BatchCharge> ChargeAsync(
        BudgetId budget, string provider, string batchId, TextReader lines, DateTimeOffset at, Action<string, TokenUsage, Usd?> each, CancellationToken cancellationToken)
    {
        var charge = new BatchCharge();
        while (await lines.ReadLineAsync(cancellationToken) is { } line)
        {
            if (string.IsNullOrWhiteSpace(line)) continue;
            if (Read(line) is not { } read)
            {
                charge = charge with { Unreadable = charge.Unreadable + 1 };
                continue;
            }

            // A line that failed was not billed, and has no usage.
            if (read.Usage is not { Measured: true, Tokens: { } usage, Model: { } model })
            {
                charge = charge with { Failed = charge.Failed + 1 };
                continue;
            }

            var (bill, _) = prices.Price(provider, model, usage, new PriceTerms { ServiceTier = "batch", Region = read.Usage.Region }, at);
            each(model, usage, bill?.Total());
            if (bill is null) charge = charge with { Unpriced = charge.Unpriced + 1 };
            else if (await ledger.ChargeAsync(budget, $"batch/{batchId}/{read.Id}", bill.Total(), cancellationToken))
                charge = charge with { Charged = charge.Charged + 1, Cost = charge.Cost + bill.Total() };
            else charge = charge with { Known = charge.Known + 1 };
        }

        return charge;
    }

    /// <summary>Null when the line is no result.</summary>
    private static (string Id, ReportedUsage? Usage)? Read(string line)
    {
        try
        {
            using var json = JsonDocument.Parse(line);
            var root = json.RootElement;
            if (root.ValueKind != JsonValueKind.Object || (Text(root, "custom_id") ?? Text(root, "key") ?? Text(root, "id")) is not { } id) return null;
            return (id, Body(root) is { } body ? Usage(body) : null);
        }
        catch (JsonException)
        {
            return null;
        }
    }

    private static JsonElement? Body(JsonElement root)
    {
        if (Member(root, "response") is { } response) return Member(response, "body") ?? response;
        return Member(root, "result") is { } result ? Member(result, "message") : null;
    }

    private static ReportedUsage Usage(JsonElement body)
    {
        UsageReader reader = true switch
        {
            _ when Member(body, "usageMetadata") is not null => new GeminiUsageReader(),
            _ when Text(body, "type") == "message" => new MessagesUsageReader(),
            _ when Text(body, "object") == "response" => new ResponsesUsageReader(),
            _ when Text(body, "object") == "list" => new EmbeddingsUsageReader(),
            _ => new ChatUsageReader(),
        };
        reader.ReadBody(Encoding.UTF8.GetBytes(body.GetRawText()));
        return reader.Report();
    }

    private static JsonElement? Member(JsonElement json, string name) =>
        json.TryGetProperty(name, out var member) && member.ValueKind == JsonValueKind.Object ? member : null;

    private static string? Text(JsonElement json, string name) =>
        json.TryGetProperty(name, out var member) && member.ValueKind == JsonValueKind.String ? member.GetString() : null;
}

/// <summary>What reading a batch's results came to, in lines.</summary>
internal sealed record BatchCharge
{
    /// <summary>Counted now.</summary>
    public int Charged { get; init; }

    /// <summary>Counted before.</summary>
    public int Known { get; init; }

    /// <summary>Without a reply that was billed.</summary>
    public int Failed { get; init; }

    /// <summary>Billed by the provider at a price that the table does not know.</summary>
    public int Unpriced { get; init; }

    public int Unreadable { get; init; }

    /// <summary>Of those that were counted now.</summary>
    public Usd Cost { get; init; }

    public BatchCharge Plus(BatchCharge other) => new()
    {
        Charged = Charged + other.Charged,
        Known = Known + other.Known,
        Failed = Failed + other.Failed,
        Unpriced = Unpriced + other.Unpriced,
        Unreadable = Unreadable + other.Unreadable,
        Cost = Cost + other.Cost,
    };
}
