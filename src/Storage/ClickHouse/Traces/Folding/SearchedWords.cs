using System.Buffers;
using System.Text;
using Espalier.Contracts.Traces;

namespace Espalier.Storage.ClickHouse.Traces.Folding;

/// <summary>The column that a search for words looks into: what was asked, answered and done, in lower case.</summary>
internal static class SearchedWords
{
    // Of long traces the first part is searchable.
    private const int MostCharacters = 64 * 1024;

    public static void Write(RowBinaryWriter row, TraceFacts facts)
    {
        var room = Math.Min(MostCharacters, Lengths(facts)) + 1;
        var letters = ArrayPool<char>.Shared.Rent(room);
        try
        {
            var text = new Text(letters.AsSpan(0, Math.Min(room, MostCharacters)));
            text.Add(facts.Input);
            text.Add(facts.Output);
            text.Add(facts.Error);
            foreach (var call in facts.ToolCalls)
            {
                text.Add(call.Name);
                text.Add(call.Arguments);
                text.Add(call.Result);
                text.Add(call.Error);
            }

            foreach (var retrieval in facts.Retrievals) text.Add(retrieval.Query);
            row.Write(text.Written);
        }
        finally
        {
            ArrayPool<char>.Shared.Return(letters);
        }
    }

    // Each with the end of its line.
    private static int Lengths(TraceFacts facts)
    {
        var length = Line(facts.Input) + Line(facts.Output) + Line(facts.Error);
        foreach (var call in facts.ToolCalls) length += Line(call.Name) + Line(call.Arguments) + Line(call.Result) + Line(call.Error);
        foreach (var retrieval in facts.Retrievals) length += Line(retrieval.Query);
        return (int)Math.Min(length, MostCharacters);
    }

    private static long Line(string? words) => words is null ? 0 : words.Length + 1;

    private ref struct Text(Span<char> room)
    {
        private readonly Span<char> _room = room;
        private int _length;

        public readonly ReadOnlySpan<char> Written => _room[.._length];

        public void Add(string? words)
        {
            if (string.IsNullOrEmpty(words) || _length == _room.Length) return;
            var part = words.AsSpan(0, Math.Min(words.Length, _room.Length - _length));
            var to = _room[_length..];
            // Vectors for what is ASCII; the first letter that is not leaves the rest to the slow way.
            if (Ascii.ToLower(part, to, out var lowered) != OperationStatus.Done) lowered += part[lowered..].ToLowerInvariant(to[lowered..]);
            _length += lowered;
            if (_length < _room.Length) _room[_length++] = '\n';
        }
    }
}
