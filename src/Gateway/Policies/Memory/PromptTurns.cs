using Espalier.Gateway.Formats.Prompts;

namespace Espalier.Gateway.Policies.Memory;

/// <summary>The turns of a prompt: a user message with all that follows it up to the next one, so that a tool's answer is never cut from its call.</summary>
internal static class PromptTurns
{
    private const int BytesPerToken = 4;

    private static readonly byte[][] CallMarks = ["\"tool_calls\""u8.ToArray(), "\"tool_use\""u8.ToArray(), "\"function_call\""u8.ToArray(), "\"functionCall\""u8.ToArray()];

    /// <summary>Where turns begin. A user message that brings results of tools belongs to the turn of their calls.</summary>
    public static List<int> Starts(Prompt prompt)
    {
        var starts = new List<int>();
        for (var i = 0; i < prompt.Messages.Count; i++)
            if (prompt.Messages[i].Role == "user" && !BringsResults(prompt.Messages, i)) starts.Add(i);
        return starts;
    }

    /// <summary>The instructions, wherever they stand, and all messages from a position on.</summary>
    public static Prompt From(Prompt prompt, int start) =>
        prompt with { Messages = [.. prompt.Messages.Where((message, i) => i >= start || message.IsInstruction)] };

    /// <summary>A quarter of the bytes of what <see cref="From"/> would leave, rounded up.</summary>
    public static int Tokens(Prompt prompt, int start) =>
        (prompt.Messages.Where((message, i) => i >= start || message.IsInstruction).Sum(message => message.Raw.Length) + BytesPerToken - 1) / BytesPerToken;

    // Anthropic's results come in user messages, which may say something beside.
    private static bool BringsResults(IReadOnlyList<PromptMessage> messages, int at) =>
        at > 0 && messages[at].Raw.Span.IndexOf("\"tool_result\""u8) >= 0 && messages[at - 1].Role == "assistant" && IsCall(messages[at - 1]);

    private static bool IsCall(PromptMessage message) => CallMarks.Any(mark => message.Raw.Span.IndexOf(mark) >= 0);
}
