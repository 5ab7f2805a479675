using System.Text.Json;
using Espalier.Contracts.Traces;

namespace Espalier.Core.Tests.Traces.Imports;

/// <summary>Compares messages by what they say: texts, calls of tools, results. Roles, too, where both sides have one.</summary>
internal static partial class ExpectedMessages
{
    public sealed record Message(string? Role, string Text, IReadOnlyList<string> Calls);

    /// <summary>What is expected of one side of a call; null when nothing is, or when the one who expects could not read it.</summary>
    public static IReadOnlyList<Message>? Of(JsonElement told, string side) =>
        told.TryGetProperty(side, out var one) && one.ValueKind == JsonValueKind.Object && one.GetProperty("success").GetBoolean()
            ? [.. one.GetProperty("data").EnumerateArray().Select(OfChat)]
            : null;

    public static IReadOnlyList<Message> OfCanonical(string? input)
    {
        if (input is null) return [];
        using var document = JsonDocument.Parse(input);
        return [.. document.RootElement.EnumerateArray().SelectMany(Chat)];
    }

    // Ours tells several results in one message; a chat has a message for each, of the role that its provider gives to results.
    private static IEnumerable<Message> Chat(JsonElement message)
    {
        var parts = message.GetProperty("parts").EnumerateArray().ToList();
        var results = parts.Where(part => Text(part, "type") == "tool_call_response").ToList();
        if (results.Count > 0) return results.Select(part => new Message(null, PartText(part), []));
        return
        [
            new Message(
                message.GetProperty("role").GetString(),
                string.Concat(parts.Select(PartText)),
                [.. parts.Where(part => Text(part, "type") == "tool_call").Select(part => Text(part, "name")!)]),
        ];
    }

    public static string? Differ(IReadOnlyList<Message> expected, IReadOnlyList<Message> found)
    {
        if (expected.Count != found.Count) return $"{expected.Count} messages expected, {found.Count} found: {Show(expected)} / {Show(found)}";
        for (var i = 0; i < expected.Count; i++)
        {
            if (Role(expected[i].Role) is { } role && found[i].Role is { } other && role != other) return $"message {i}: {role} expected, {found[i].Role} found";
            if (Bare(expected[i].Text) is { Length: > 0 } text && !Bare(found[i].Text).Contains(text, StringComparison.Ordinal)) return $"message {i}: '{Cut(text)}' expected, '{Cut(Bare(found[i].Text))}' found";
            if (!expected[i].Calls.SequenceEqual(found[i].Calls)) return $"message {i}: calls of {string.Join(',', expected[i].Calls)} expected, {string.Join(',', found[i].Calls)} found";
        }

        return null;
    }

    public static string? DifferAnswer(IReadOnlyList<Message> expected, Span span)
    {
        var text = Bare(string.Concat(expected.Select(message => message.Text)));
        var found = Bare(span.Output + span.Details?.Thinking);
        var calls = expected.SelectMany(message => message.Calls).ToList();
        var foundCalls = span.Details?.RequestedTools?.Select(tool => tool.Name).ToList() ?? [];
        if (!calls.Order().SequenceEqual(foundCalls.Order())) return $"calls of {string.Join(',', calls)} expected, {string.Join(',', foundCalls)} found";
        return text.Length == 0 || found.Contains(text, StringComparison.Ordinal) ? null : $"'{Cut(text)}' expected, '{Cut(found)}' found";
    }

    private static Message OfChat(JsonElement told) => new(
        Text(told, "role"),
        told.TryGetProperty("content", out var content) ? ContentText(content) : "",
        told.TryGetProperty("tool_calls", out var calls) && calls.ValueKind == JsonValueKind.Array 
            ? [.. calls.EnumerateArray().Select(call => Text(call, "name") ?? Text(call.GetProperty("function"), "name")!)]
            : content.ValueKind == JsonValueKind.Array ? [.. content.EnumerateArray().Where(part => Text(part, "type") is "tool_use" or "tool-call" or "tool_call").Select(part => Text(part, "name") ?? Text(part, "toolName")!)]
            : []);

    private static string ContentText(JsonElement content) => content.ValueKind switch
    {
        JsonValueKind.String => content.GetString()!,
        JsonValueKind.Array => string.Concat(content.EnumerateArray().Select(part => part.ValueKind == JsonValueKind.String ? part.GetString() : Text(part, "text") ?? Text(part, "content"))),
        _ => "",
    };

    private static string PartText(JsonElement part) => Text(part, "type") switch
    {
        "text" or "reasoning" => Text(part, "content") ?? "",
        "tool_call_response" => part.TryGetProperty("response", out var response) ? response.ValueKind == JsonValueKind.String ? response.GetString()! : response.GetRawText() : "",
        _ => "",
    };

    private static string? Role(string? role) => role switch
    {
        "model" => "assistant",
        "developer" => "system",
        "assistant" or "user" or "system" or "tool" => role,
        _ => null,
    };

    private static string? Text(JsonElement element, string name) =>
        element.ValueKind == JsonValueKind.Object && element.TryGetProperty(name, out var value) && value.ValueKind == JsonValueKind.String ? value.GetString() : null;

    // JSON may be written with other blanks.
    private static string Bare(string text) => string.Concat(Escape().Replace(text, code => $"{(char)Convert.ToInt32(code.Groups[1].Value, 16)}").Where(c => !char.IsWhiteSpace(c) && c is not ('\\' or '"')));

    private static string Cut(string text) => text.Length <= 120 ? text : text[..120] + "...";

    private static string Show(IReadOnlyList<Message> messages) => string.Join("|", messages.Select(message => $"{message.Role}:{Cut(message.Text)}[{string.Join(',', message.Calls)}]"));

    [System.Text.RegularExpressions.GeneratedRegex("\\\\u([0-9a-fA-F]{4})")]
    private static partial System.Text.RegularExpressions.Regex Escape();
}
