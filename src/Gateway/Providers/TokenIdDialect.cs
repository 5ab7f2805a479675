namespace Espalier.Gateway.Providers;

/// <summary>How a server of chat completions is asked for the ids of tokens.</summary>
public enum TokenIdDialect
{
    /// <summary>It is not asked: vendors refuse members that they do not know.</summary>
    None,

    /// <summary><c>return_token_ids</c>; vLLM 0.10.2 and later.</summary>
    VLlm,

    /// <summary><c>return_prompt_token_ids</c> and <c>return_meta_info</c>; SGLang 0.5.13 and later, which tells them of whole answers only.</summary>
    SgLang,

    /// <summary>Beside its log probabilities, so those are asked for.</summary>
    LlamaCpp,
}
