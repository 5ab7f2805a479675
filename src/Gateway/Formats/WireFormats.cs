using Espalier.Gateway.Formats.AnthropicMessages;
using Espalier.Gateway.Formats.Gemini;
using Espalier.Gateway.Formats.OpenAiChat;
using Espalier.Gateway.Formats.OpenAiResponses;

namespace Espalier.Gateway.Formats;

/// <summary>The wire formats by name. They hold no state.</summary>
internal static class WireFormats
{
    public const string OpenAiChat = "openai-chat";
    public const string OpenAiResponses = "openai-responses";
    public const string Anthropic = "anthropic";
    public const string Gemini = "gemini";

    public static IReadOnlyDictionary<string, IWireFormat> All { get; } =
        new IWireFormat[] { new OpenAiChatFormat(), new OpenAiResponsesFormat(), new AnthropicFormat(), new GeminiFormat() }.ToDictionary(format => format.Name);
}
