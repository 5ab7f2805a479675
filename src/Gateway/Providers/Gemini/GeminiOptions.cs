namespace Espalier.Gateway.Providers.Gemini;

/// <summary>Google's Gemini API. Environment: <c>GEMINI_API_KEY</c> or <c>GOOGLE_API_KEY</c>, <c>GOOGLE_GEMINI_BASE_URL</c> (without <c>/v1beta</c>).</summary>
public sealed class GeminiOptions : UpstreamOptions;
