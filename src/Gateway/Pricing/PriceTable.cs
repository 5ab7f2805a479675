using System.Globalization;
using System.Reflection;
using Espalier.Contracts.Traces;
using Espalier.Core.Shared;
using Espalier.Gateway.Text;

namespace Espalier.Gateway.Pricing;

/// <summary>Prices by provider, model and day: the built-in lists, and before them the operator's own file of the same form.</summary>
/// <remarks>Immutable and thread-safe. A price that nobody wrote is unknown, never zero; free is a row of zeros.</remarks>
public sealed class PriceTable
{
    private const int RememberedNames = 4096;

    private readonly Dictionary<string, List<PriceRow>> _own;
    private readonly Dictionary<string, List<PriceRow>> _builtIn;
    private readonly BoundedCache<(string? Provider, string Model), (IReadOnlyList<PriceRow> Rows, string? Region)> _found = new(RememberedNames);

    private PriceTable(IReadOnlyList<PriceFile> builtIn, PriceFile? own)
    {
        _own = own is null ? [] : Index([own]);
        _builtIn = Index(builtIn);
        Rows = [.. builtIn.SelectMany(file => file.Rows), .. own?.Rows ?? []];
        Version = "prices_" + ContentHash.Of(16, string.Join('\n', Rows.Select(Content).Order(StringComparer.Ordinal)));
    }

    /// <summary>A hash of the content: two tables with one version price alike.</summary>
    public string Version { get; }

    internal IReadOnlyList<PriceRow> Rows { get; }

    /// <param name="own">Text of the operator's own price file; where it knows a name, the built-in lists are not asked.</param>
    /// <exception cref="Refusal">The file is wrong; the message says where.</exception>
    public static PriceTable Load(string? own = null)
    {
        var assembly = Assembly.GetExecutingAssembly();
        var prefix = typeof(PriceTable).Namespace + ".Lists.";
        var files = assembly.GetManifestResourceNames()
            .Where(name => name.StartsWith(prefix, StringComparison.Ordinal))
            .Order(StringComparer.Ordinal)
            .Select(name =>
            {
                using var reader = new StreamReader(assembly.GetManifestResourceStream(name)!);
                return PriceFile.Parse(name[prefix.Length..], reader.ReadToEnd());
            });
        return new PriceTable([.. files], own is null ? null : PriceFile.Parse("price file", own));
    }

    /// <summary>The row in force for a model as anybody names it; null when unknown.</summary>
    /// <param name="provider">As its user names it; null when the name says it, or nothing does.</param>
    /// <param name="model">A dated snapshot without a row of its own is priced as its alias.</param>
    /// <param name="at">The day of the call.</param>
    internal PriceRow? Find(string? provider, string model, DateTimeOffset at) => Locate(provider, model, at).Row;

    /// <summary>The row in force, and the place that the name tells (<c>us.anthropic.claude-...</c>).</summary>
    internal (PriceRow? Row, string? Region) Locate(string? provider, string model, DateTimeOffset at)
    {
        if (!_found.TryGet((provider, model), out var found)) found = _found.GetOrAdd((provider, model), key => Look(key.Provider, key.Model));
        var day = DateOnly.FromDateTime(at.UtcDateTime);
        foreach (var row in found.Rows)
            if (row.HoldsOn(day)) return (row, found.Region);
        return (null, found.Region);
    }

    /// <summary>The bill of a call, or why there is none.</summary>
    internal (Bill? Bill, string? Reason) Price(string? provider, string model, TokenUsage usage, PriceTerms terms, DateTimeOffset at)
    {
        var (row, region) = Locate(provider, model, at);
        return row is null ? (null, NoPrice(provider, model)) : Billing.Price(row, usage, terms with { Region = terms.Region ?? region }, Version);
    }

    internal static string NoPrice(string? provider, string model) => provider is null ? $"no price for {model}" : $"no price for {model} of {provider}";

    private (IReadOnlyList<PriceRow> Rows, string? Region) Look(string? provider, string model)
    {
        var (keys, host, region) = ModelNames.Keys(provider, model);
        foreach (var key in keys)
        {
            var plain = host is not null && key.StartsWith(host + "/", StringComparison.Ordinal) ? key[(host.Length + 1)..] : key;
            if (_own.TryGetValue(key, out var own) || _own.TryGetValue(plain, out own)) return (own, region);
            // A plain name means its maker's own prices only where nobody else was named as the one who serves it.
            if ((host is null || key.StartsWith(host + "/", StringComparison.Ordinal)) && _builtIn.TryGetValue(key, out var rows)) return (rows, region);
        }

        return ([], region);
    }

    private static Dictionary<string, List<PriceRow>> Index(IReadOnlyList<PriceFile> files)
    {
        var index = new Dictionary<string, List<PriceRow>>(StringComparer.OrdinalIgnoreCase);
        // What a provider lists itself goes before what it takes over from another's list, a row's name before its other names.
        foreach (var file in files)
            foreach (var row in file.Rows) Put(row.Model, row);
        var direct = index.Keys.ToHashSet(StringComparer.OrdinalIgnoreCase);
        foreach (var file in files)
        {
            foreach (var row in file.Rows)
            {
                var names = row.Names.Prepend(row.Model[(file.Provider is null ? 0 : file.Provider.Length + 1)..]).ToList();
                foreach (var host in file.Provider is null ? [] : file.Hosts.Prepend(file.Provider))
                    foreach (var name in names) PutBelow($"{host}/{name}", row);
                if (file.Provider is null || file.IsMaker)
                    foreach (var name in names) PutBelow(name, row);
            }
        }

        foreach (var rows in index.Values) rows.Sort((a, b) => b.EffectiveFrom.CompareTo(a.EffectiveFrom));
        return index;

        void Put(string key, PriceRow row)
        {
            if (!index.TryGetValue(key, out var rows)) index[key] = rows = [];
            if (!rows.Contains(row)) rows.Add(row);
        }

        void PutBelow(string key, PriceRow row)
        {
            if (!direct.Contains(key)) Put(key, row);
        }
    }

    private static string Content(PriceRow row) => string.Create(
        CultureInfo.InvariantCulture,
        $"{row.Model} {row.EffectiveFrom:O} {row.EffectiveTo:O} {Text(row.Rates)} {string.Join(',', row.Names)} "
        + $"{string.Join(',', row.Above.Select(tier => $"{tier.Tokens}:{Text(tier.Rates)}"))} "
        + $"{string.Join(',', row.Tiers.OrderBy(tier => tier.Key, StringComparer.Ordinal).Select(tier => $"{tier.Key}:{Text(tier.Value.Factor)}:{Text(tier.Value.Rates)}"))} "
        + $"{Text(row.Regions)} {Text(row.Fees)}");

    private static string Text(IReadOnlyDictionary<string, decimal> amounts) =>
        string.Join(',', amounts.OrderBy(pair => pair.Key, StringComparer.Ordinal).Select(pair => $"{pair.Key}:{Text(pair.Value)}"));

    private static string Text(Rates rates) => string.Join(
        '|', Text(rates.Input), Text(rates.Output), Text(rates.CacheRead), Text(rates.CacheWrite), Text(rates.CacheWriteHour), Text(rates.Reasoning),
        Text(rates.InputAudio), Text(rates.OutputAudio));

    private static string Text(SomeRates rates) => string.Join(
        '|', Text(rates.Input), Text(rates.Output), Text(rates.CacheRead), Text(rates.CacheWrite), Text(rates.CacheWriteHour), Text(rates.Reasoning),
        Text(rates.InputAudio), Text(rates.OutputAudio));

    private static string Text(decimal? price) => price?.ToString("0.############", CultureInfo.InvariantCulture) ?? "";
}
