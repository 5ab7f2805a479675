using Espalier.Gateway.Formats;
using Espalier.Gateway.Formats.Json;
using Espalier.Gateway.Providers;
using Espalier.Gateway.Providers.OpenAi;

namespace Espalier.Gateway.Calls.Capture;

/// <summary>What only the gateway asked a provider to tell about tokens: it is asked for, noted, and taken out of what the client gets.</summary>
internal sealed class AddedTokens
{
    private static readonly AddedTokens None = new();

    private static readonly ReadOnlyMemory<byte> True = "true"u8.ToArray();
    private static readonly ReadOnlyMemory<byte> EmptyList = "[]"u8.ToArray();

    private readonly List<(string[] Names, ReadOnlyMemory<byte>? Instead)> _cuts = [];
    private bool _runningCounts;

    public bool IsEmpty => _cuts.Count == 0 && !_runningCounts;

    /// <summary>Whether log probabilities are among them.</summary>
    public bool Logprobs { get; private init; }

    public static AddedTokens Of(WireRequest client, IWireFormat format, RequestChanges changes)
    {
        var logprobs = changes.WantConfidence && !client.Logprobs;
        var runningCounts = ContinuousUsage.Wanted(format, changes) && !ContinuousUsage.AskedBy(client);
        if (!logprobs && !runningCounts && changes.TokenIds == TokenIdDialect.None) return None;
        var added = new AddedTokens { Logprobs = logprobs, _runningCounts = runningCounts };
        if (logprobs)
        {
            // Each format has its own word for none.
            added._cuts.Add(format.Name switch
            {
                WireFormats.OpenAiResponses => (["logprobs"], EmptyList),
                WireFormats.Gemini => (["logprobsResult"], null),
                _ => (["logprobs"], JsonCut.Null),
            });
        }

        foreach (var (asked, told) in Members(changes))
            if (!client.Members.Has(asked)) added._cuts.Add((told, null));
        return added;
    }

    /// <summary>The request with what is to be asked beside the answer.</summary>
    public static ReadOnlyMemory<byte> Ask(ReadOnlyMemory<byte> body, IWireFormat format, RequestChanges changes)
    {
        if (format.Name != WireFormats.OpenAiChat || changes.TokenIds is TokenIdDialect.None or TokenIdDialect.LlamaCpp) return body;
        var members = Members(changes).ToDictionary(one => one.Asked, _ => (ReadOnlyMemory<byte>?)True);
        return members.Count == 0 ? body : JsonMembers.Of(body).Edit(members);
    }

    /// <summary>A reply or an event of the provider's format as the client may have it.</summary>
    public ReadOnlyMemory<byte> Cut(ReadOnlyMemory<byte> json)
    {
        foreach (var (names, instead) in _cuts) json = JsonCut.Cut(json, names, instead);
        return _runningCounts ? ContinuousUsage.Cut(json) : json;
    }

    // What is asked for, and under which names it comes. SGLang refuses to stream them.
    private static IEnumerable<(string Asked, string[] Told)> Members(RequestChanges changes) => changes.TokenIds switch
    {
        TokenIdDialect.VLlm => [("return_token_ids", ["prompt_token_ids", "token_ids"])],
        TokenIdDialect.SgLang when !changes.Stream => [("return_prompt_token_ids", ["prompt_token_ids"]), ("return_meta_info", ["meta_info"])],
        _ => [],
    };
}
