namespace Espalier.Core.Traces.Dialects;

/// <summary>Brings names of providers to those that OpenTelemetry lists since 1.37, where they are spellings of one.</summary>
internal static class ProviderNames
{
    public static string? Of(string? told)
    {
        if (string.IsNullOrEmpty(told)) return null;
        var name = told.ToLowerInvariant();
        if (Renamed(name) is { } renamed) return renamed;
        // The AI SDK adds the interface to the provider: openai.responses, anthropic.messages.
        var dot = name.LastIndexOf('.');
        return dot > 0 && name[(dot + 1)..] is "chat" or "responses" or "completion" or "completions" or "messages" or "embedding" or "embeddings" or "textembedding" or "text-embedding" or "image"
            ? Renamed(name[..dot]) ?? name[..dot]
            : name;
    }

    private static string? Renamed(string name) => name switch
    {
        "az.ai.openai" or "azure-openai" or "azure_openai" or "azure" => "azure.ai.openai",
        "az.ai.inference" => "azure.ai.inference",
        "vertex_ai" or "vertexai" or "google.vertex" or "google_vertexai" => "gcp.vertex_ai",
        "gemini" or "google.generative-ai" or "google_genai" or "googleai" => "gcp.gemini",
        "google" => "gcp.gemini",
        "bedrock" or "aws_bedrock" or "amazon-bedrock" or "amazon_bedrock" or "aws" => "aws.bedrock",
        "xai" => "x_ai",
        "mistralai" or "mistral" => "mistral_ai",
        "watsonx" => "ibm.watsonx.ai",
        _ => null,
    };
}
