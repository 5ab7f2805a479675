using System.Globalization;
using Espalier.Gateway.Accounting;
using Microsoft.AspNetCore.Http;

namespace Espalier.Gateway.Ingress;

/// <summary>What an answer's headers tell of its money.</summary>
/// <remarks>Only what is known when the headers go out: a stream's cost is known at its end, and is in the trace.</remarks>
internal static class CostHeaders
{
    private const int MostLength = 2000;

    public static void Set(IHeaderDictionary headers, CallRecord call)
    {
        headers["x-espalier-attempts"] = call.Attempts.ToString(CultureInfo.InvariantCulture);
        if (call.Attempts > 1) headers["x-espalier-tried"] = Plain(string.Join(", ", call.Tried));
        headers["x-espalier-cache"] = call.CacheState;
        if (call.CostAvoided is { } avoided) headers["x-espalier-cost-avoided-usd"] = avoided.ToString();
        headers["x-espalier-price-table"] = call.PriceTable;
        if (!call.IsSettled) return;
        headers["x-espalier-cost-usd"] = call.Cost?.ToString() ?? "unknown";
        if (call.Cost is null && call.CostReason is { } reason) headers["x-espalier-cost-reason"] = Plain(reason);
    }

    // Names of models are whatever a client wrote; a header has room for printable ASCII alone.
    private static string Plain(string text) =>
        text.Length <= MostLength && !text.AsSpan().ContainsAnyExceptInRange(' ', '~') ? text
            : string.Concat(text.Take(MostLength).Select(character => character is >= ' ' and <= '~' ? character : '_'));
}
