namespace Espalier.Gateway.Formats.Prompts;

/// <summary>What a request says to the model, as policies see it. Immutable; an unchanged prompt is the same object.</summary>
/// <param name="Messages">Instructions and turns, in order.</param>
/// <param name="NewInstruction">Makes an instruction in the request's format.</param>
internal sealed record Prompt(IReadOnlyList<PromptMessage> Messages, Func<string, PromptMessage> NewInstruction)
{
    /// <summary>Position of the last user message, -1 when there is none.</summary>
    public int LastUserIndex
    {
        get
        {
            for (var i = Messages.Count - 1; i >= 0; i--)
                if (Messages[i].Role == "user") return i;
            return -1;
        }
    }
}
