using System.Globalization;
using System.Text.RegularExpressions;
using Espalier.Core.Shared;

namespace Espalier.Gateway.Pricing;

/// <summary>Prices by model and day: the built-in list, and on top of it the operator's own file of the same form.</summary>
public sealed partial class PriceTable
{
    private const string File = "prices.yaml";
    private const decimal MostPerMillion = 1_000_000;

    private readonly Dictionary<string, List<PriceRow>> _rows;

    private PriceTable(IReadOnlyList<PriceRow> rows, string version)
    {
        Rows = rows;
        Version = version;
        _rows = rows.GroupBy(row => row.Model).ToDictionary(group => group.Key, group => group.OrderByDescending(row => row.EffectiveFrom).ToList());
    }

    /// <summary>A hash of the content: two tables with one version price alike.</summary>
    public string Version { get; }

    public IReadOnlyList<PriceRow> Rows { get; }

    /// <param name="own">Text of the operator's own price file; its models replace the built-in ones of the same name.</param>
    /// <exception cref="Refusal">The file is wrong; the message says where.</exception>
    public static PriceTable Load(string? own = null)
    {
        using var stream = typeof(PriceTable).Assembly.GetManifestResourceStream(typeof(PriceTable), File)!;
        using var reader = new StreamReader(stream);
        var builtIn = Parse(reader.ReadToEnd());
        var mine = own is null ? [] : Parse(own);
        var replaced = mine.Select(row => row.Model).ToHashSet();
        IReadOnlyList<PriceRow> rows = [.. builtIn.Where(row => !replaced.Contains(row.Model)), .. mine];
        var content = rows.OrderBy(row => row.Model, StringComparer.Ordinal).ThenBy(row => row.EffectiveFrom).Select(row => string.Create(
            CultureInfo.InvariantCulture,
            $"{row.Model} {row.Input:0.#########} {row.CachedInput:0.#########} {row.CacheWrite:0.#########} {row.Output:0.#########} {row.EffectiveFrom:O}"));
        return new PriceTable(rows, "prices_" + ContentHash.Of(16, string.Join('\n', content)));
    }

    /// <summary>The row in force; a dated snapshot (<c>gpt-5-2025-08-07</c>) without a row of its own is priced as its alias. Null when unknown.</summary>
    public PriceRow? Find(string model, DateTimeOffset at)
    {
        if (!_rows.TryGetValue(model, out var rows) && !_rows.TryGetValue(Snapshot().Replace(model, ""), out rows)) return null;
        var day = DateOnly.FromDateTime(at.UtcDateTime);
        return rows.Find(row => row.EffectiveFrom <= day);
    }

    private static List<PriceRow> Parse(string yaml)
    {
        var file = StrictYaml.Parse(File, yaml);
        var rows = (file.Mappings("prices") ?? []).Select(ParseRow).ToList();
        file.Finish();
        return rows;
    }

    private static PriceRow ParseRow(StrictYaml yaml)
    {
        var from = yaml.RequiredText("effective_from", "2026-01-01");
        if (!DateOnly.TryParseExact(from, "yyyy-MM-dd", out var day)) throw yaml.Bad("effective_from", $"is '{from}'", "Write a day like 2026-01-01.");
        var row = new PriceRow
        {
            Model = yaml.RequiredText("model", "my-model"),
            Input = Price(yaml, "input") ?? throw Missing(yaml, "input"),
            CachedInput = Price(yaml, "cached_input"),
            CacheWrite = Price(yaml, "cache_write"),
            Output = Price(yaml, "output") ?? throw Missing(yaml, "output"),
            EffectiveFrom = day,
            Provenance = yaml.RequiredText("provenance", "where the price comes from"),
        };
        yaml.Finish();
        return row;
    }

    private static Refusal Missing(StrictYaml yaml, string key) => yaml.Bad(key, "is missing", "Write it in USD per million tokens; free is an explicit 0.");

    private static decimal? Price(StrictYaml yaml, string key)
    {
        if (yaml.Text(key) is not { } text) return null;
        return decimal.TryParse(text, NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out var price) && price <= MostPerMillion
            ? price
            : throw yaml.Bad(key, $"is '{text}'", $"Write USD per million tokens, from 0 to {MostPerMillion}.");
    }

    [GeneratedRegex(@"-\d{4}-\d{2}-\d{2}$", RegexOptions.CultureInvariant)]
    private static partial Regex Snapshot();
}
