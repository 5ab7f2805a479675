using Espalier.Gateway.Policies.Checks;

namespace Espalier.Gateway.Policies.Guardrails;

/// <summary>One kind of check of live messages and tool calls. What is done about a finding is not its business.</summary>
/// <remarks>Immutable, and shared by all calls of a version. It says what it found in words without the found text.</remarks>
internal interface IGuardrail
{
    /// <summary>The key in <c>guardrails.yaml</c>.</summary>
    string Name { get; }

    /// <summary>What it must see: pieces of text as they come, whole tool calls, or the whole answer.</summary>
    GuardScope Scope { get; }

    /// <summary>What is in a text. A text may be a piece of a longer one.</summary>
    IReadOnlyList<TextFinding> FindIn(string text) => [];

    /// <summary>What stands in a redacted text instead.</summary>
    string Placeholder(string text, TextFinding finding) => $"[{finding.What.ToUpperInvariant()}]";

    /// <summary>What is wrong with a tool call that the model made; null when nothing is.</summary>
    Task<CallFinding?> InspectAsync(GuardedCall call, CancellationToken cancellationToken) => Task.FromResult<CallFinding?>(null);

    /// <summary>What is wrong with a whole answer; null when nothing is.</summary>
    string? Inspect(ReplyFacts reply) => null;
}

/// <summary>What a guardrail looks at.</summary>
internal enum GuardScope
{
    Texts,
    Calls,
    Replies,
}

/// <summary>Something in a text: UTF-16 positions, the end not included, and what it is, in a word.</summary>
internal readonly record struct TextFinding(int Start, int End, string What);

/// <param name="What">What is wrong, in words.</param>
internal sealed record CallFinding(string What)
{
    /// <summary>What the client is told when it is not what usually is told.</summary>
    public string? Message { get; init; }

    /// <summary>Error code for the client; null for the usual one.</summary>
    public string? Code { get; init; }
}
