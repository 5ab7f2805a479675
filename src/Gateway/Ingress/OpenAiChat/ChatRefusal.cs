using Microsoft.AspNetCore.Http;

namespace Espalier.Gateway.Ingress.OpenAiChat;

/// <summary>A refusal in OpenAI's error form: <c>{"error": {"message", "type", "param", "code"}}</c>.</summary>
internal sealed class ChatRefusal(int status, string type, string code, string message, string? param = null) : Exception(message)
{
    public int Status { get; } = status;

    public string Type { get; } = type;

    public string Code { get; } = code;

    public string? Param { get; } = param;

    public static ChatRefusal Invalid(string message, string? param = null, string code = "invalid_request") =>
        new(StatusCodes.Status400BadRequest, "invalid_request_error", code, message, param);

    public static ChatRefusal TooLarge(long limit) =>
        new(StatusCodes.Status413PayloadTooLarge, "invalid_request_error", "request_too_large", $"The request is larger than {limit >> 20} MiB. Send less.");

    public static ChatRefusal NotAuthorized() =>
        new(StatusCodes.Status401Unauthorized, "invalid_request_error", "invalid_api_key",
            "The API key is not a run token that is in use. Send the key that the agent finds in its environment (OPENAI_API_KEY), as a bearer token.");

    public static ChatRefusal UnknownModel(string model, string advice) =>
        new(StatusCodes.Status404NotFound, "invalid_request_error", "model_not_found", $"The model '{model}' is not known. {advice}", "model");

    public static ChatRefusal OverBudget(string message) =>
        new(StatusCodes.Status402PaymentRequired, "insufficient_quota", "budget_exceeded", message);

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
