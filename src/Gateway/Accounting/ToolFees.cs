using System.Buffers.Text;
using Espalier.Contracts.Shared;
using Espalier.Gateway.Accounting.Usage;
using Espalier.Gateway.Pricing;

namespace Espalier.Gateway.Accounting;

/// <summary>What the tools of a provider's own may cost that a request allows the model to use.</summary>
/// <remarks>Searched for in the request's bytes, as each wire writes them at another place: a word that only stands in a text reserves too much,
/// never too little. How often a tool is used is known where the request limits it, and assumed where it does not.</remarks>
internal static class ToolFees
{
    private static readonly (byte[] Word, string[] Fees)[] Tools =
    [
        ("\"web_search"u8.ToArray(), [BilledCall.WebSearch, BilledCall.WebSearchPreview, BilledCall.SearchSource]),
        ("\"web_fetch"u8.ToArray(), [BilledCall.WebFetch]),
        ("\"file_search"u8.ToArray(), [BilledCall.FileSearch]),
        ("\"code_interpreter"u8.ToArray(), [BilledCall.CodeContainer]),
        ("\"code_execution"u8.ToArray(), [BilledCall.CodeContainer]),
        ("\"image_generation"u8.ToArray(), [BilledCall.ImageGeneration]),
        ("\"google_search"u8.ToArray(), [BilledCall.GroundingQuery, BilledCall.GroundingRequest]),
        ("\"googleSearch"u8.ToArray(), [BilledCall.GroundingQuery, BilledCall.GroundingRequest]),
        ("\"google_maps"u8.ToArray(), [BilledCall.GroundingMaps]),
        ("\"googleMaps"u8.ToArray(), [BilledCall.GroundingMaps]),
    ];

    /// <param name="row">The model's prices.</param>
    /// <param name="body">The request.</param>
    /// <param name="calls">Of one tool, where the request sets no limit.</param>
    public static Usd Most(PriceRow row, ReadOnlySpan<byte> body, int calls)
    {
        if (row.Fees.Count == 0) return Usd.Zero;
        var sum = 0m;
        foreach (var (word, fees) in Tools)
        {
            if (body.IndexOf(word) < 0) continue;
            // A tool's uses are counted under one of its names.
            var dearest = 0m;
            foreach (var fee in fees) dearest = Math.Max(dearest, row.Fees.GetValueOrDefault(fee));
            sum += dearest * (Limit(body) ?? calls);
        }

        return Usd.FromDollars(sum);
    }

    private static long? Limit(ReadOnlySpan<byte> body)
    {
        long? most = null;
        for (int at; (at = body.IndexOf("\"max_uses\""u8)) >= 0;)
        {
            body = body[(at + "\"max_uses\""u8.Length)..].TrimStart(" \t\r\n:"u8);
            // Largest of them for each tool: more than any may use.
            if (Utf8Parser.TryParse(body, out long told, out _) && told >= 0) most = Math.Max(most ?? 0, Math.Min(told, 10_000));
        }

        return most;
    }
}
