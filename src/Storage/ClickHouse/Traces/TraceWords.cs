using System.Text.Json;
using Espalier.Contracts.Traces;

namespace Espalier.Storage.ClickHouse.Traces;

/// <summary>The words that stand in the tables for the closed sets of a span.</summary>
internal static class TraceWords
{
    private static readonly Words<SpanKind> Kinds = new();
    private static readonly Words<Purpose> Purposes = new();
    private static readonly Words<AttemptRole> Roles = new();

    public static string Word(SpanKind kind) => Kinds.Word(kind);

    public static string Word(Purpose purpose) => Purposes.Word(purpose);

    public static string Word(AttemptRole role) => Roles.Word(role);

    public static SpanKind Kind(string word) => Kinds.Value(word);

    public static Purpose Purpose(string word) => Purposes.Value(word);

    public static AttemptRole Role(string word) => Roles.Value(word);

    private sealed class Words<T>
        where T : struct, Enum
    {
        private readonly Dictionary<T, string> _words = Enum.GetValues<T>().ToDictionary(v => v, v => JsonNamingPolicy.SnakeCaseLower.ConvertName(v.ToString()));
        private readonly Dictionary<string, T> _values;

        public Words() => _values = _words.ToDictionary(w => w.Value, w => w.Key, StringComparer.Ordinal);

        public string Word(T value) => _words[value];

        public T Value(string word) => _values.TryGetValue(word, out var value)
            ? value
            : throw new InvalidOperationException($"The trace store holds the {typeof(T).Name} '{word}', which this version does not know: it was written by a newer one.");
    }
}
