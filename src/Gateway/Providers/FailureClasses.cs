using System.Text;

namespace Espalier.Gateway.Providers;

/// <summary>Reads from a provider's status and error body what kind of failure it is, and the words that configuration has for the kinds.</summary>
/// <remarks>The vendors' codes are searched for in the body rather than read from their places: each vendor, and each server that imitates one,
/// puts them elsewhere. Only bodies of failures are searched, so a prompt that is quoted back can mislead no more than its own request.</remarks>
internal static class FailureClasses
{
    private static readonly string[] FilterCodes =
        ["\"content_filter\"", "content_policy_violation", "ResponsibleAIPolicyViolation", "\"moderation_blocked\"", "PROHIBITED_CONTENT", "\"invalid_prompt\""];

    private static readonly string[] LengthCodes =
    [
        "context_length_exceeded", "maximum context length", "prompt is too long", "exceeds the maximum number of tokens", "context window", "string_above_max_length",
        "exceed context limit",
    ];

    private static readonly string[] RefusedKeyCodes =
        ["invalid_api_key", "API_KEY_INVALID", "account_deactivated", "\"authentication_error\"", "organization has been disabled", "CONSUMER_SUSPENDED", "reported as leaked"];

    private static readonly string[] NoMoneyCodes = ["insufficient_quota", "billing_not_active", "billing_hard_limit_reached", "credit balance is too low", "\"billing_error\""];

    /// <summary>The word in configuration; <see cref="FailureClass.Request"/> has none.</summary>
    public static IReadOnlyDictionary<string, FailureClass> Words { get; } = new Dictionary<string, FailureClass>
    {
        ["rate_limit"] = FailureClass.RateLimit,
        ["overloaded"] = FailureClass.Overloaded,
        ["timeout"] = FailureClass.Timeout,
        ["content_filter"] = FailureClass.ContentFilter,
        ["context_length"] = FailureClass.ContextLength,
        ["server_error"] = FailureClass.ServerError,
        ["unreachable"] = FailureClass.Unreachable,
        ["auth"] = FailureClass.Auth,
    };

    /// <summary>What is meant where no classes are named: all that say nothing about the request.</summary>
    public static IReadOnlySet<FailureClass> Usual { get; } = new HashSet<FailureClass>
    {
        FailureClass.RateLimit, FailureClass.Overloaded, FailureClass.Timeout, FailureClass.ServerError, FailureClass.Unreachable, FailureClass.Auth,
    };

    public static string Word(FailureClass failure) => Words.FirstOrDefault(pair => pair.Value == failure).Key ?? "request";

    /// <param name="status">HTTP status; 200 for an error inside a stream.</param>
    /// <param name="body">The provider's error.</param>
    public static FailureClass Of(int status, ReadOnlySpan<byte> body)
    {
        if (status == 401 || Has(body, RefusedKeyCodes) || Has(body, NoMoneyCodes)) return FailureClass.Auth;
        if (status is < 429 and not 200 || status is 422)
        {
            if (Has(body, FilterCodes)) return FailureClass.ContentFilter;
            if (status == 413 || Has(body, LengthCodes)) return FailureClass.ContextLength;
        }

        return status switch
        {
            402 or 403 => FailureClass.Auth,
            408 or 504 => FailureClass.Timeout,
            429 => FailureClass.RateLimit,
            503 or 529 => FailureClass.Overloaded,
            >= 500 => FailureClass.ServerError,
            200 => InStream(body),
            >= 300 and < 400 => FailureClass.ServerError,
            _ => FailureClass.Request,
        };
    }

    /// <summary>Whether the failure says that the key itself is good for nothing, whatever model is asked for.</summary>
    public static bool IsRefusedKey(int status, ReadOnlySpan<byte> body) => status is 401 or 402 || Has(body, RefusedKeyCodes) || Has(body, NoMoneyCodes);

    /// <summary>Whether an answer's reason for its end is that the provider does not want to give one.</summary>
    public static bool IsFiltered(string? finishReason) => finishReason is "content_filter" or "refusal" or "SAFETY" or "PROHIBITED_CONTENT" or "BLOCKLIST" or "SPII" or "RECITATION";

    private static FailureClass InStream(ReadOnlySpan<byte> body)
    {
        if (Has(body, FilterCodes)) return FailureClass.ContentFilter;
        if (Has(body, LengthCodes)) return FailureClass.ContextLength;
        if (Has(body, ["overloaded", "UNAVAILABLE", "\"code\":529", "\"code\":503"])) return FailureClass.Overloaded;
        if (Has(body, ["rate_limit", "RESOURCE_EXHAUSTED", "\"code\":429"])) return FailureClass.RateLimit;
        if (Has(body, ["\"timeout_error\"", "DEADLINE_EXCEEDED"])) return FailureClass.Timeout;
        return Has(body, ["invalid_request_error", "INVALID_ARGUMENT"]) ? FailureClass.Request : FailureClass.ServerError;
    }

    private static bool Has(ReadOnlySpan<byte> body, string[] codes)
    {
        if (body.IsEmpty) return false;
        Span<byte> bytes = stackalloc byte[64];
        foreach (var code in codes)
            if (body.IndexOf(bytes[..Encoding.ASCII.GetBytes(code, bytes)]) >= 0) return true;
        return false;
    }
}
