using System.Globalization;
using System.Text;
using System.Text.Json;
using Espalier.Contracts.Traces;
using Espalier.Gateway.Pricing;
using Espalier.Testing;

namespace Espalier.Gateway.Tests.Pricing;

/// <summary>The built-in table beside a public collection of prices, read where it lies. Where the two differ, a reason is written down here.</summary>
public sealed class PublicPriceListTests(ITestOutputHelper output)
{
    // The day on which the collection was put together: prices announced for later are not in force.
    private static readonly DateTimeOffset Day = new(2026, 11, 20, 0, 0, 0, TimeSpan.Zero);

    private static readonly Dictionary<string, string> Providers = new()
    {
        ["openai"] = "openai", ["anthropic"] = "anthropic", ["gemini"] = "google", ["vertex_ai"] = "vertex", ["groq"] = "groq", ["together_ai"] = "together",
        ["fireworks_ai"] = "fireworks", ["deepinfra"] = "deepinfra", ["cerebras"] = "cerebras", ["dashscope"] = "dashscope", ["deepseek"] = "deepseek",
        ["mistral"] = "mistral", ["xai"] = "xai", ["moonshot"] = "moonshot", ["zai"] = "zai", ["minimax"] = "minimax",
    };

    /// <summary>By beginning of <c>provider/model field</c>: why we hold the collection's number to be wrong, or to mean something else.</summary>
    private static readonly Dictionary<string, string> Explained = new()
    {
        ["anthropic/claude-3-haiku-20240307 cache_write_hour"] = "the collection repeats 6 for three models; an hour costs twice the input, which its undated row has",
        ["anthropic/claude-3-opus-20240229 cache_write_hour"] = "as above",
        ["mistral/codestral-latest"] = "the collection gives the price of the model's first release; the name means the newest, which its dated row prices as we do",
        ["together/Qwen/Qwen3-235B-A22B-Instruct-2507-tput output"] = "6.0 is a slip of the decimal point for 0.60: the same host's other row of that size has 0.60",
        ["mistral/open-mistral-nemo"] = "the price of the model's launch; it was halved in September 2024",
        ["openai/gpt-4o-mini-search-preview"] = "the search models have neither cached input nor batches; the collection repeats those of the model below",
        ["openai/gpt-4o-search-preview"] = "as above",
        ["vertex/gemini-2.5-pro above cache_write"] = "Google has no price for writing to a cache; the collection repeats that of reading",
        ["zai/GLM-"] = "the list of the Chinese market, converted; ours is the international one",
        ["fireworks/accounts/fireworks/models/gpt-oss-20b"] = "two rows for one model; ours is the newer",
        ["vertex/gemini-2.0-flash "] = "the collection prices the alias as the Gemini API and the dated model as Vertex; both are served by Vertex",
        ["google/gemini-2.5-flash-preview-09-2025 cache_read"] = "the list price of cached input was cut with the stable model's",
        ["vertex/gemini-2.5-flash-preview-09-2025 cache_read"] = "as above",
        ["google/gemini-2.5-pro priority"] = "the collection repeats the ordinary price: no priority price is published for it",
        ["openai/gpt-5-nano priority"] = "the collection has an input price alone, and that one is the large model's",
        ["vertex/gemini-3"] = "service tiers and cached input of previews differ between rows of one model in the collection",
    };

    [Fact]
    public void Table_AgainstAPublicCollection_DiffersOnlyWhereItIsExplained()
    {
        using var json = JsonDocument.Parse(File.ReadAllBytes(SharedFiles.Require("data/model-prices.json")));
        var table = PriceTable.Load();
        var (compared, same, missing) = (0, 0, 0);
        var unexplained = new StringBuilder();
        var used = new HashSet<string>();
        foreach (var entry in json.RootElement.GetProperty("models").EnumerateObject())
        {
            var provider = Providers[entry.Value.GetProperty("provider").GetString()!];
            var model = entry.Value.GetProperty("model").GetString()!;
            if (table.Find(provider, model, Day) is not { } row)
            {
                missing++;
                continue;
            }

            foreach (var (field, ours, theirs) in Compare(row, entry.Value))
            {
                compared++;
                if (ours == theirs)
                {
                    same++;
                    continue;
                }

                var what = $"{provider}/{model} {field}";
                if (Explained.Keys.FirstOrDefault(key => what.StartsWith(key, StringComparison.Ordinal)) is { } explained) used.Add(explained);
                else unexplained.Append(CultureInfo.InvariantCulture, $"{what}: ours {ours?.ToString(CultureInfo.InvariantCulture) ?? "none"}, theirs {theirs}\n");
            }
        }

        output.WriteLine($"{compared} prices compared, {same} equal, {compared - same} differ; {missing} models of the collection are not in the table.");
        unexplained.ToString().ShouldBeEmpty();
        compared.ShouldBeGreaterThan(300);
        Explained.Keys.Except(used).ShouldBeEmpty("explanations that nothing needs any more");
    }

    private static IEnumerable<(string Field, decimal? Ours, decimal Theirs)> Compare(PriceRow row, JsonElement theirs)
    {
        foreach (var (suffix, terms, prompt, name) in new[]
        {
            ("", default(PriceTerms), 0L, ""),
            ("_flex", new PriceTerms { ServiceTier = "flex" }, 0L, "flex "),
            ("_priority", new PriceTerms { ServiceTier = "priority" }, 0L, "priority "),
            ("_batches", new PriceTerms { ServiceTier = "batch" }, 0L, "batch "),
            ("_above_128k_tokens", default, 128_001L, "above "),
            ("_above_200k_tokens", default, 200_001L, "above "),
            ("_above_272k_tokens", default, 272_001L, "above "),
            ("_above_512k_tokens", default, 512_001L, "above "),
        })
        {
            var rates = Quote.Of(row, terms, prompt).Quote?.Rates;
            foreach (var (field, ours, key) in new[]
            {
                ("input", rates?.Input, "input_cost_per_token"),
                ("output", rates?.Output, "output_cost_per_token"),
                ("cache_read", rates?.CacheRead, "cache_read_input_token_cost"),
                ("cache_write", rates?.CacheWrite, "cache_creation_input_token_cost"),
            })
            {
                if (!theirs.TryGetProperty(key + suffix, out var price)) continue;
                // Free writes and writes that cost as input are the same in a request that never pays for them twice.
                if (field == "cache_write" && price.GetDecimal() == 0 && ours is null) continue;
                yield return (name + field, ours, PerMillion(price));
            }
        }

        if (theirs.TryGetProperty("cache_creation_input_token_cost_above_1hr", out var hour)) yield return ("cache_write_hour", row.Rates.CacheWriteHour, PerMillion(hour));
        if (theirs.TryGetProperty("output_cost_per_reasoning_token", out var reasoning))
            yield return ("reasoning", row.Rates.Reasoning ?? row.Rates.Output, PerMillion(reasoning));
    }

    // The collection holds binary fractions: twelve digits are more than any price has.
    private static decimal PerMillion(JsonElement price) => decimal.Round((decimal)price.GetDouble() * 1_000_000m, 6);
}
