using System.Text.Json;
using Espalier.Contracts.Datasets;
using Espalier.Contracts.Search;
using Espalier.Contracts.Shared;
using Espalier.Contracts.Traces;

namespace Espalier.Server.Hosting;

/// <summary>What a value of a type looks like on the wire, for people who have not read the code.</summary>
internal static class ExpectedWords
{
    private static readonly Dictionary<string, string> Known = new(StringComparer.Ordinal)
    {
        [nameof(String)] = "text",
        ["string"] = "text",
        [nameof(Boolean)] = "true or false",
        ["bool"] = "true or false",
        [nameof(Int32)] = "a whole number up to 2147483647",
        ["int"] = "a whole number up to 2147483647",
        [nameof(Int64)] = "a whole number",
        ["long"] = "a whole number",
        [nameof(Double)] = "a number",
        [nameof(DateTimeOffset)] = "a time like 2026-01-31T12:00:00Z",
        [nameof(TimeSpan)] = "a duration like 00:00:30",
        [nameof(Usd)] = "money: {\"nano_usd\": whole number} or \"0.50usd\"",
        [nameof(Goal)] = Words<Goal>(),
        [nameof(Purpose)] = Words<Purpose>(),
        [nameof(Split)] = Words<Split>(),
    };

    /// <summary>What belongs at a path like <c>$.items[0].at</c> of a body.</summary>
    public static string At(string? path, Type body, JsonSerializerOptions json)
    {
        var at = body;
        foreach (var step in (path ?? "$").Split(['.', '['], StringSplitOptions.RemoveEmptyEntries).Skip(1))
        {
            var info = json.GetTypeInfo(at);
            var next = step.EndsWith(']') ? info.ElementType : info.Properties.FirstOrDefault(property => property.Name == step)?.PropertyType;
            if (next is null) break;
            at = next;
        }

        return Of(at.IsGenericType && at.GetGenericTypeDefinition() == typeof(IReadOnlyList<>) ? "IReadOnlyList" : (Nullable.GetUnderlyingType(at) ?? at).Name);
    }

    /// <param name="type">A type's name as the framework's messages write it, with or without its namespace and its Nullable.</param>
    public static string Of(string type)
    {
        if (type.Contains("IReadOnlyList", StringComparison.Ordinal)) return "a list";
        var bare = type.Replace("System.Nullable`1[", "", StringComparison.Ordinal).Replace("Nullable<", "", StringComparison.Ordinal).TrimEnd(']', '>', '?');
        var name = bare[(bare.LastIndexOf('.') + 1)..];
        if (Known.TryGetValue(name, out var words)) return words;
        return name.EndsWith("Id", StringComparison.Ordinal) ? "text: an id" : "an object";
    }

    private static string Words<TEnum>()
        where TEnum : struct, Enum =>
        "one of " + string.Join(", ", Enum.GetNames<TEnum>().Select(JsonNamingPolicy.SnakeCaseLower.ConvertName));
}
