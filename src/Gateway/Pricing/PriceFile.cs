using System.Globalization;
using Espalier.Core.Shared;

namespace Espalier.Gateway.Pricing;

/// <summary>One list of prices: a provider's, or the operator's own.</summary>
internal sealed record PriceFile
{
    private const decimal MostPerMillion = 1_000_000;
    private const int MostPromptTokens = 1_000_000_000;

    private static readonly string[] TierNames = ["flex", "priority", "batch", "fast"];

    /// <summary>Whose prices they are; null in a file of the operator's own, whose names say it.</summary>
    public string? Provider { get; init; }

    /// <summary>True when a model's name alone means this provider, because it makes the model.</summary>
    public bool IsMaker { get; init; }

    /// <summary>Who else serves these models at these prices.</summary>
    public IReadOnlyList<string> Hosts { get; init; } = [];

    public required IReadOnlyList<PriceRow> Rows { get; init; }

    /// <exception cref="Refusal">The file is wrong; the message says where.</exception>
    public static PriceFile Parse(string name, string yaml)
    {
        var file = StrictYaml.Parse(name, yaml);
        var provider = file.Text("provider");
        var provenance = file.Text("provenance");
        var fees = Amounts(file, "fees");
        var parsed = new PriceFile
        {
            Provider = provider,
            IsMaker = file.Text("maker") == "true",
            Hosts = file.Texts("hosts") ?? [],
            Rows = [.. (file.Mappings("prices") ?? []).Select(row => ParseRow(row, provider, provenance, fees))],
        };
        file.Finish();
        return parsed;
    }

    private static PriceRow ParseRow(StrictYaml yaml, string? provider, string? provenance, Dictionary<string, decimal> fees)
    {
        var model = yaml.RequiredText("model", "my-model");
        var own = Amounts(yaml, "fees");
        foreach (var (name, fee) in fees) own.TryAdd(name, fee);
        var rates = Some(yaml);
        var row = new PriceRow
        {
            Model = provider is null ? model : $"{provider}/{model}",
            Names = yaml.Texts("names") ?? [],
            EffectiveFrom = Day(yaml, "effective_from") ?? throw yaml.Bad("effective_from", "is missing", "Write a day like 2026-01-01."),
            EffectiveTo = Day(yaml, "effective_to"),
            Rates = new Rates
            {
                Input = rates.Input ?? throw Missing(yaml, "input"),
                Output = rates.Output ?? throw Missing(yaml, "output"),
            }.With(rates),
            Above = [.. (yaml.Mappings("above") ?? []).Select(Prompt).OrderBy(tier => tier.Tokens)],
            Tiers = Tiers(yaml),
            Regions = Amounts(yaml, "regions"),
            Fees = own,
            Provenance = yaml.Text("provenance") ?? provenance ?? throw yaml.Bad("provenance", "is missing", "Write where the price comes from."),
        };
        if (row.EffectiveTo <= row.EffectiveFrom) throw yaml.Bad("effective_to", "is not after effective_from", "Write the first day on which the price holds no more.");
        yaml.Finish();
        return row;
    }

    private static PromptTier Prompt(StrictYaml yaml)
    {
        var tokens = yaml.WholeNumber("tokens", 1, MostPromptTokens) ?? throw yaml.Bad("tokens", "is missing", "Write the prompt size above which the rates hold.");
        var tier = new PromptTier(tokens, Some(yaml));
        yaml.Finish();
        return tier;
    }

    private static Dictionary<string, ServiceTier> Tiers(StrictYaml yaml)
    {
        var tiers = new Dictionary<string, ServiceTier>();
        foreach (var name in TierNames)
        {
            if (yaml.Mapping(name) is not { } tier) continue;
            tiers[name] = new ServiceTier(Price(tier, "factor") ?? 1, Some(tier));
            tier.Finish();
        }

        return tiers;
    }

    private static SomeRates Some(StrictYaml yaml) => new()
    {
        Input = Price(yaml, "input"),
        Output = Price(yaml, "output"),
        CacheRead = Price(yaml, "cache_read"),
        CacheWrite = Price(yaml, "cache_write"),
        CacheWriteHour = Price(yaml, "cache_write_hour"),
        Reasoning = Price(yaml, "reasoning"),
        InputAudio = Price(yaml, "input_audio"),
        OutputAudio = Price(yaml, "output_audio"),
    };

    private static Dictionary<string, decimal> Amounts(StrictYaml yaml, string key)
    {
        if (yaml.Mapping(key) is not { } amounts) return [];
        var read = amounts.Keys.ToDictionary(name => name, name => Price(amounts, name) ?? throw amounts.Bad(name, "is empty", "Write an amount; free is an explicit 0."));
        amounts.Finish();
        return read;
    }

    private static DateOnly? Day(StrictYaml yaml, string key)
    {
        if (yaml.Text(key) is not { } text) return null;
        return DateOnly.TryParseExact(text, "yyyy-MM-dd", out var day) ? day : throw yaml.Bad(key, $"is '{text}'", "Write a day like 2026-01-01.");
    }

    private static Refusal Missing(StrictYaml yaml, string key) => yaml.Bad(key, "is missing", "Write it in USD per million tokens; free is an explicit 0.");

    private static decimal? Price(StrictYaml yaml, string key)
    {
        if (yaml.Text(key) is not { } text) return null;
        return decimal.TryParse(text, NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out var price) && price <= MostPerMillion
            ? price
            : throw yaml.Bad(key, $"is '{text}'", $"Write an amount of USD, per million tokens or per call, from 0 to {MostPerMillion}.");
    }
}
