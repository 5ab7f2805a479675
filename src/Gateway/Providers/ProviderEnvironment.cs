using Microsoft.Extensions.Configuration;

namespace Espalier.Gateway.Providers;

/// <summary>Fills what the options leave out from the variables that every SDK knows, here for the server's own accounts.</summary>
/// <remarks>An agent never sees these values: in its sandbox the same names hold the gateway's address and its run token.</remarks>
internal static class ProviderEnvironment
{
    public static void Read(GatewayOptions options, IConfiguration environment)
    {
        Fill(options.OpenAi, "https://api.openai.com/v1", ["OPENAI_API_KEY"], ["OPENAI_BASE_URL"]);
        Fill(options.Anthropic, "https://api.anthropic.com", ["ANTHROPIC_API_KEY"], ["ANTHROPIC_BASE_URL"]);
        Fill(options.Gemini, "https://generativelanguage.googleapis.com", ["GEMINI_API_KEY", "GOOGLE_API_KEY"], ["GOOGLE_GEMINI_BASE_URL", "GEMINI_BASE_URL"]);
        // Azure has no address of its own: each customer has one.
        Fill(options.Azure, null, ["AZURE_OPENAI_API_KEY"], ["AZURE_OPENAI_ENDPOINT"]);
        options.Azure.ApiVersion ??= environment["OPENAI_API_VERSION"];

        void Fill(UpstreamOptions server, string? address, string[] keys, string[] addresses)
        {
            server.ApiKey ??= keys.Select(name => environment[name]).FirstOrDefault(value => value is { Length: > 0 });
            if (server.BaseUrl is null && addresses.Select(name => environment[name]).FirstOrDefault(value => value is { Length: > 0 }) is { } told
                && Uri.TryCreate(told, UriKind.Absolute, out var url)) server.BaseUrl = url;
            if (address is not null) server.UsualUrl = new Uri(address);
        }
    }
}
