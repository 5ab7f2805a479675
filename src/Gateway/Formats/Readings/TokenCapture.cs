using System.Text;
using System.Text.Json;
using Espalier.Gateway.Formats.Json;

namespace Espalier.Gateway.Formats.Readings;

/// <summary>The tokens of one reply as the provider told them: what weights can be trained on without writing the text as tokens again.</summary>
/// <remarks>Several ways to tell ids are known: vLLM's <c>token_ids</c>, SGLang's <c>response_token_ids</c> and <c>meta_info.output_token_logprobs</c>, an <c>id</c> or <c>tokenId</c> beside
/// each log probability (llama.cpp, Google), and tokens spelt <c>token_id:123</c> (vLLM). The first way that a reply uses holds.</remarks>
internal sealed class TokenCapture
{
    /// <summary>So long is no answer; what is more is not kept, and said.</summary>
    private const int MostTokens = 1_000_000;

    private SortedDictionary<int, Told>? _choices;
    private List<long>? _prompt;

    /// <summary>The choice that is read now.</summary>
    public int Choice { get; set; }

    public bool IsEmpty => _prompt is null && _choices is null;

    /// <summary>Reads a list of the prompt's ids; the reader stands before it and ends on its last token.</summary>
    public void ReadPrompt(ref Utf8JsonReader json)
    {
        var ids = ReadIds(ref json);
        if (ids is { Count: > 0 }) _prompt ??= ids;
    }

    /// <summary>Reads a list of an answer's ids, or of a piece of it.</summary>
    public void ReadOutput(ref Utf8JsonReader json)
    {
        if (ReadIds(ref json) is { Count: > 0 } ids) Now().Ids.AddRange(ids);
    }

    /// <summary>Reads SGLang's lists of <c>[log probability, id, text]</c>.</summary>
    public void ReadMetaInfo(ref Utf8JsonReader json)
    {
        json.Read();
        if (json.TokenType != JsonTokenType.StartObject)
        {
            json.Skip();
            return;
        }

        using var meta = JsonDocument.ParseValue(ref json);
        if (meta.RootElement.Member("output_token_logprobs") is not { ValueKind: JsonValueKind.Array } tokens) return;
        foreach (var token in tokens.EnumerateArray())
        {
            if (token.ValueKind != JsonValueKind.Array || token.GetArrayLength() < 2) continue;
            if (((JsonElement?)token[1]).Whole() is { } id) Now().MetaIds.Add(id);
            if (((JsonElement?)token[0]).Number() is { } logprob) Now().MetaLogprobs.Add(logprob);
        }
    }

    /// <summary>Notes one token of an answer.</summary>
    public void Add(double logprob, long? id)
    {
        var now = Now();
        if (now.Logprobs.Count >= MostTokens) return;
        now.Logprobs.Add(logprob);
        if (id is { } known) now.SideIds.Add(known);
    }

    /// <summary>The id in a token that is spelt <c>token_id:123</c>; null when it is spelt as text.</summary>
    public static long? IdOf(string? token)
    {
        const string spelt = "token_id:";
        return token is not null && token.StartsWith(spelt, StringComparison.Ordinal) && long.TryParse(token.AsSpan(spelt.Length), out var id) ? id : null;
    }

    /// <summary>As attributes of the attempt's span: lists of JSON numbers. Further choices have their number behind the name.</summary>
    public void Describe(IDictionary<string, string> attributes)
    {
        if (_prompt is not null) attributes["tokens.prompt_ids"] = List(_prompt, static (json, id) => json.WriteNumberValue(id));
        foreach (var (index, told) in _choices ?? [])
        {
            var end = index == 0 ? "" : $".{index}";
            if (told.BestIds is { Count: > 0 } ids) attributes[$"tokens.ids{end}"] = List(ids, static (json, id) => json.WriteNumberValue(id));
            if (told.BestLogprobs is { Count: > 0 } logprobs) attributes[$"tokens.logprobs{end}"] = List(logprobs, static (json, one) => json.WriteNumberValue(one));
        }
    }

    private Told Now()
    {
        _choices ??= [];
        if (!_choices.TryGetValue(Choice, out var told)) _choices.Add(Choice, told = new Told());
        return told;
    }

    private static List<long>? ReadIds(ref Utf8JsonReader json)
    {
        json.Read();
        if (json.TokenType != JsonTokenType.StartArray)
        {
            json.Skip();
            return null;
        }

        var ids = new List<long>();
        while (json.Read() && json.TokenType != JsonTokenType.EndArray)
        {
            if (json.TokenType == JsonTokenType.Number && json.TryGetInt64(out var id) && ids.Count < MostTokens) ids.Add(id);
            else json.Skip();
        }

        return ids;
    }

    private static string List<T>(List<T> values, Action<Utf8JsonWriter, T> write) => Encoding.UTF8.GetString(Wire.Write(json =>
    {
        json.WriteStartArray();
        foreach (var value in values) write(json, value);
        json.WriteEndArray();
    }).Span);

    private sealed class Told
    {
        public List<long> Ids { get; } = [];

        public List<long> MetaIds { get; } = [];

        /// <summary>Ids that stand beside log probabilities; good only when every token has one.</summary>
        public List<long> SideIds { get; } = [];

        public List<double> Logprobs { get; } = [];

        public List<double> MetaLogprobs { get; } = [];

        public List<long>? BestIds => Ids.Count > 0 ? Ids : MetaIds.Count > 0 ? MetaIds : SideIds.Count == Logprobs.Count ? SideIds : null;

        // Of two tellings that which has one for each id.
        public List<double> BestLogprobs => MetaLogprobs.Count > 0 && (Logprobs.Count == 0 || (BestIds is { } ids && ids.Count == MetaLogprobs.Count && ids.Count != Logprobs.Count)) ? MetaLogprobs : Logprobs;
    }
}
