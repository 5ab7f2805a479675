using Espalier.Gateway.Formats.Json;
using Espalier.Gateway.Keys;
using Espalier.Gateway.Providers;
using Microsoft.AspNetCore.Http;

namespace Espalier.Gateway.Ingress;

/// <summary>A call that the gateway refuses: what is wrong, for each format to say in its own form.</summary>
internal sealed class CallRefusal(int status, string type, string code, string message, string? param = null) : Exception(message)
{
    public int Status { get; } = status;

    public string Type { get; } = type;

    public string Code { get; } = code;

    public string? Param { get; } = param;

    /// <summary>When it is worth trying again; null when it is not.</summary>
    public TimeSpan? RetryAfter { get; private init; }

    public static CallRefusal Invalid(string message, string? param = null, string code = "invalid_request") =>
        new(StatusCodes.Status400BadRequest, "invalid_request_error", code, message, param);

    public static CallRefusal NotUnicode() =>
        Invalid("The request body holds text that is not valid UTF-8 or half a surrogate pair. Send valid Unicode.");

    public static CallRefusal TooLarge(long limit) =>
        new(StatusCodes.Status413PayloadTooLarge, "invalid_request_error", "request_too_large", $"The request is larger than {limit >> 20} MiB. Send less.");

    /// <summary>What the web server found wrong with a request while it was read.</summary>
    public static CallRefusal Unreadable(BadHttpRequestException found) =>
        new(found.StatusCode, "invalid_request_error", found.StatusCode == StatusCodes.Status408RequestTimeout ? "request_too_slow" : "invalid_request", $"The request could not be read: {found.Message}");

    public static CallRefusal TooSlow(TimeSpan limit) =>
        new(StatusCodes.Status408RequestTimeout, "invalid_request_error", "request_too_slow", $"The request's body took longer than {limit.TotalSeconds:0.#} s. Send it faster, or less.");

    public static CallRefusal Compressed(string encoding) =>
        new(StatusCodes.Status415UnsupportedMediaType, "invalid_request_error", "encoding_not_supported", $"The request's body is encoded as '{encoding}'. Send it as it is.", "content-encoding");

    public static CallRefusal NotAuthorized() =>
        new(StatusCodes.Status401Unauthorized, "invalid_request_error", "invalid_api_key",
            "The API key is neither a run token that is in use nor a virtual key that may be used. Send the key that the agent finds in its environment (OPENAI_API_KEY, ANTHROPIC_API_KEY, GEMINI_API_KEY), where the vendor's SDK puts it.");

    public static CallRefusal UnknownModel(string model, string advice) =>
        new(StatusCodes.Status404NotFound, "invalid_request_error", "model_not_found", $"The model '{model}' is not known. {advice}", "model");

    public static CallRefusal UnknownReply(string id) =>
        new(StatusCodes.Status404NotFound, "invalid_request_error", "response_not_found",
            $"No provider that is configured is known to keep the reply '{id}' for this agent. Replies are found by the agent that made them.");

    public static CallRefusal UnknownWork(string kind, string id) =>
        new(StatusCodes.Status404NotFound, "invalid_request_error", $"{kind}_not_found", $"This agent has sent no {kind} '{id}' through here. It is found by the agent that sent it.");

    public static CallRefusal NotAllowed(string message) => new(StatusCodes.Status403Forbidden, "permission_error", "not_allowed", message);

    public static CallRefusal TooFast(LimitReached limit) =>
        new(StatusCodes.Status429TooManyRequests, "rate_limit_error", "rate_limited", limit.Message) { RetryAfter = limit.RetryAfter };

    public static CallRefusal TooManyWrongKeys(TimeSpan wait) =>
        new(StatusCodes.Status429TooManyRequests, "rate_limit_error", "too_many_wrong_keys",
            "Too many keys that are none came from here. Wait as long as Retry-After says, and send a key that is in use.") { RetryAfter = wait };

    public static CallRefusal OverBudget(string message) =>
        new(StatusCodes.Status402PaymentRequired, "insufficient_quota", "budget_exceeded", message);

    /// <summary>A provider's failure in the gateway's own words.</summary>
    public static CallRefusal ProviderFailed(ProviderFailure failure) => new(
        failure.Status, failure.Status switch { 429 => "rate_limit_error", < 500 => "invalid_request_error", _ => "api_error" }, failure.Code, failure.Message) { RetryAfter = failure.RetryAfter };

    /// <summary>In the form of OpenAI: <c>{"error": {"message", "type", "param", "code"}}</c>.</summary>
    public ReadOnlyMemory<byte> Body() => Wire.Write(json =>
    {
        json.WriteStartObject();
        json.WriteStartObject("error");
        json.WriteString("message", Message);
        json.WriteString("type", Type);
        json.WriteString("param", Param);
        json.WriteString("code", Code);
        json.WriteEndObject();
        json.WriteEndObject();
    });
}
