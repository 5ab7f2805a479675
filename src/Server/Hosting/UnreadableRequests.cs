using System.Text.Json;
using System.Text.RegularExpressions;
using Espalier.Contracts.Shared;
using Espalier.Core.Shared;

namespace Espalier.Server.Hosting;

/// <summary>Says in our words why a request could not be bound: which field or parameter, and what belongs there.</summary>
/// <remarks>The framework tells these apart by its English sentences alone, and they name types that a caller has never heard of. What is not
/// recognised gets a general sentence; the framework's own is never passed on.</remarks>
internal static partial class UnreadableRequests
{
    private const string Code = "request-not-valid";

    private const string Look = "Compare the body with the schema at /openapi/v1.json.";

    public static Refusal TooLarge { get; } =
        new("body-too-large", 413, "The body is larger than this path takes.", "Send it in parts; 1 MiB is the most, 64 MiB for feedback and dataset imports.");

    public static Refusal NotJson { get; } = new("body-not-json", 415, "The body is not marked as JSON.", "Send it with 'Content-Type: application/json'.");

    /// <param name="exception">What binding threw.</param>
    /// <param name="body">What the endpoint reads its body as; null when it reads none.</param>
    /// <param name="json">How bodies are read.</param>
    public static Refusal Explain(BadHttpRequestException exception, Type? body, JsonSerializerOptions json)
    {
        if (exception.StatusCode == StatusCodes.Status413PayloadTooLarge) return TooLarge;
        if (exception.StatusCode == StatusCodes.Status415UnsupportedMediaType) return NotJson;
        if (exception.InnerException is JsonException unreadable) return Explain(unreadable, body is null ? "" : ExpectedWords.At(unreadable.Path, body, json));
        if (Parameter().Match(exception.Message) is { Success: true } parameter)
        {
            return new Refusal(
                Code, exception.StatusCode, $"{parameter.Groups["name"].Value} is '{Cut(parameter.Groups["value"].Value)}'.",
                $"It is {ExpectedWords.Of(parameter.Groups["type"].Value)}.");
        }

        if (Missing().Match(exception.Message) is { Success: true } missing)
            return new Refusal(Code, exception.StatusCode, $"{missing.Groups["name"].Value} is missing.", $"It is {ExpectedWords.Of(missing.Groups["type"].Value)}.");
        return NoBody().IsMatch(exception.Message)
            ? new Refusal(Code, exception.StatusCode, "The body is missing.", Look)
            : new Refusal(Code, exception.StatusCode, "The request cannot be read.", Look);
    }

    private static Refusal Explain(JsonException exception, string expected)
    {
        var field = exception.Path is { Length: > 2 } path ? path[2..] : null;
        if (RequiredFields().Match(exception.Message) is { Success: true } required)
            return Invalid($"{Inside(field)} lacks {required.Groups["names"].Value.TrimEnd('.').Replace("'", "", StringComparison.Ordinal)}.", Look);
        if (UnknownField().Match(exception.Message) is { Success: true } unknown)
            return Invalid($"{Inside(Parent(field))} has an unknown field '{Cut(unknown.Groups["name"].Value)}'.", "Correct or leave out its name. " + Look);
        if (NullField().Match(exception.Message) is { Success: true } empty)
            return Invalid($"{field ?? empty.Groups["name"].Value} is null.", "Give a value, or leave the field out where it is optional.");
        return exception.InnerException is JsonException
            ? Invalid($"The body is not JSON at line {exception.LineNumber + 1 ?? 1}, byte {exception.BytePositionInLine + 1 ?? 1}.", "Correct it there.")
            : Invalid($"{field ?? "The body"} has a value of another kind.", $"It is {expected}.");
    }

    private static Refusal Invalid(string what, string fix) => new(Code, 400, what, fix);

    private static string Inside(string? field) => field is null or "" ? "The body" : field;

    private static string? Parent(string? field) => field?.LastIndexOf('.') is > 0 and var dot ? field[..dot] : null;

    private static string Cut(string text) => text.Length <= 60 ? text : text[..60] + "...";

    [GeneratedRegex("""^Failed to bind parameter "(?<type>.+) (?<name>\w+)" from "(?<value>.*)"\.$""", RegexOptions.Singleline | RegexOptions.ExplicitCapture, 1000)]
    private static partial Regex Parameter();

    [GeneratedRegex("""^Required parameter "(?<type>.+) (?<name>\w+)" was not provided""", RegexOptions.ExplicitCapture, 1000)]
    private static partial Regex Missing();

    [GeneratedRegex("no body was provided|body was inferred|was not provided from body", RegexOptions.ExplicitCapture, 1000)]
    private static partial Regex NoBody();

    [GeneratedRegex("missing required properties including: (?<names>.+?)( Path: .*)?$", RegexOptions.ExplicitCapture, 1000)]
    private static partial Regex RequiredFields();

    [GeneratedRegex("^The JSON property '(?<name>.*?)' could not be mapped", RegexOptions.ExplicitCapture | RegexOptions.Singleline, 1000)]
    private static partial Regex UnknownField();

    [GeneratedRegex("'(?<name>[^']*)' on type '[^']*' doesn't allow (setting )?null", RegexOptions.ExplicitCapture, 1000)]
    private static partial Regex NullField();
}
