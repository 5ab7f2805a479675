using System.Net.Http.Headers;
using System.Text.Json;
using Espalier.Cli.Output;

namespace Espalier.Cli.Demo;

/// <summary>Which models the demo may use, and the one that its agent starts with when it is not the sample's own.</summary>
internal sealed record DemoModels(IReadOnlyList<string> Names, string? Own)
{
    private static readonly string[] Local = ["local/word-nn", "local/char-nn"];

    /// <summary>A dear and a cheap model of one family, both in the price table; the first pair that the endpoint offers is taken.</summary>
    private static readonly string[][] Pairs = [["gpt-4.1-mini", "gpt-4.1-nano"], ["gpt-5-mini", "gpt-5-nano"], ["gpt-4o", "gpt-4o-mini"]];

    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(5);

    public static async Task<DemoModels> ChooseAsync(Invocation invocation, DemoOptions options, CancellationToken cancellationToken)
    {
        var url = invocation.Terminal.Variable("OPENAI_BASE_URL");
        var key = invocation.Terminal.Variable("OPENAI_API_KEY");
        var endpoint = url is { Length: > 0 } && key is { Length: > 0 } ? url : null;
        if (endpoint is null)
        {
            if (options.Models.Count == 0) return new DemoModels(Local, null);
            return options.Models.All(model => model.StartsWith("local/", StringComparison.Ordinal))
                ? new DemoModels(options.Models, options.Models[0])
                : throw CliError.Usage(
                    "--model names a model, and no endpoint is set.", "The demo takes it from OPENAI_BASE_URL and OPENAI_API_KEY.",
                    "Set both, or leave --model out for the local models.");
        }

        var models = options.Models.Count > 0 ? options.Models : (IReadOnlyList<string>)Pick(endpoint, await ListAsync(endpoint, key!, cancellationToken));
        invocation.Say($"models: {string.Join(", ", models)} of the endpoint at {endpoint} (OPENAI_BASE_URL); their calls cost real money within the budget");
        return new DemoModels(models, models[0]);
    }

    private static string[] Pick(string endpoint, HashSet<string>? offered)
    {
        if (offered is null) return Pairs[0];
        return Array.Find(Pairs, pair => pair.All(offered.Contains)) ?? throw CliError.Usage(
            $"The endpoint at {endpoint} offers none of the models that the demo knows.",
            $"It offers {string.Join(", ", offered.Order(StringComparer.Ordinal).Take(8))}{(offered.Count > 8 ? ", ..." : "")}.",
            "Name a dear and a cheap one whose prices the server knows: espalier demo --model DEAR --model CHEAP. Or unset OPENAI_BASE_URL for the local models.");
    }

    /// <summary>The names that the endpoint lists; null when it lists none: not every server does.</summary>
    private static async Task<HashSet<string>?> ListAsync(string endpoint, string key, CancellationToken cancellationToken)
    {
        using var http = new HttpClient { Timeout = Patience };
        http.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", key);
        try
        {
            await using var answer = await http.GetStreamAsync(new Uri(endpoint.TrimEnd('/') + "/models"), cancellationToken);
            using var json = await JsonDocument.ParseAsync(answer, default, cancellationToken);
            return [.. json.RootElement.GetProperty("data").EnumerateArray().Select(model => model.GetProperty("id").GetString()!)];
        }
        catch (Exception e) when (e is HttpRequestException or JsonException or KeyNotFoundException or InvalidOperationException or TaskCanceledException
            && !cancellationToken.IsCancellationRequested)
        {
            return null;
        }
    }
}
