using Espalier.Gateway.Formats;
using Espalier.Gateway.Formats.Json;

namespace Espalier.Gateway.Providers.OpenAi;

/// <summary>Running counts in every chunk of a stream, which vLLM and SGLang can tell: a stream that is cut off is measured up to there.</summary>
internal static class ContinuousUsage
{
    public const string Name = "continuous_usage_stats";

    private const string Options = "stream_options";

    private static readonly ReadOnlyMemory<byte> True = "true"u8.ToArray();

    /// <summary>Whether this request asks for them.</summary>
    public static bool Wanted(IWireFormat format, RequestChanges changes) =>
        changes is { ContinuousUsage: true, Stream: true, StreamOptions: true } && format.Name == WireFormats.OpenAiChat;

    /// <summary>Whether the client wants to see them itself.</summary>
    public static bool AskedBy(WireRequest client) => JsonMembers.Of(client.Members.Value(Options)).Value(Name).Span.SequenceEqual("true"u8);

    /// <summary>The request with the wish for them.</summary>
    public static ReadOnlyMemory<byte> Ask(ReadOnlyMemory<byte> body, IWireFormat format, RequestChanges changes)
    {
        if (!Wanted(format, changes)) return body;
        var members = JsonMembers.Of(body);
        var options = JsonMembers.Of(members.Value(Options)).Edit(new Dictionary<string, ReadOnlyMemory<byte>?> { [Name] = True });
        return members.Edit(new Dictionary<string, ReadOnlyMemory<byte>?> { [Options] = options });
    }

    /// <summary>A chunk without them; the last one, which has no choices, keeps its usage.</summary>
    public static ReadOnlyMemory<byte> Cut(ReadOnlyMemory<byte> chunk)
    {
        var members = JsonMembers.Of(chunk);
        if (members.Value("usage").Span is not [(byte)'{', ..] || members.Value("choices").Span is not [(byte)'[', .. var choices, (byte)']'] || choices.Trim(" \t\r\n"u8).IsEmpty) return chunk;
        return members.Edit(new Dictionary<string, ReadOnlyMemory<byte>?> { ["usage"] = JsonCut.Null });
    }
}
