using Microsoft.AspNetCore.Http;

namespace Espalier.Gateway.Policies.CallSites;

/// <summary>What an agent says about a call in headers of ours. All of it may be left out.</summary>
/// <param name="CallSite"><c>x-espalier-call-site: summarise</c>; null when it is not said.</param>
/// <param name="Tags"><c>x-espalier-tags: vip, beta</c>.</param>
/// <param name="Metadata"><c>x-espalier-metadata: plan=gold, region=eu</c>.</param>
internal sealed record CallLabels(string? CallSite, IReadOnlyList<string> Tags, IReadOnlyDictionary<string, string> Metadata)
{
    private const int MostLength = 64;
    private const int MostEntries = 32;

    public static CallLabels None { get; } = new(null, [], new Dictionary<string, string>());

    public static CallLabels Read(IHeaderDictionary headers)
    {
        var (site, tags, metadata) = (headers["x-espalier-call-site"].ToString(), headers["x-espalier-tags"].ToString(), headers["x-espalier-metadata"].ToString());
        if (site.Length + tags.Length + metadata.Length == 0) return None;
        return new CallLabels(IsName(site) ? site : null, [.. Split(tags).Where(tag => tag.Length <= MostLength)], Pairs(metadata));
    }

    /// <summary>1 to 64 letters, digits and <c>. _ - / :</c>.</summary>
    private static bool IsName(string name) =>
        name.Length is > 0 and <= MostLength && name.All(c => char.IsAsciiLetterOrDigit(c) || c is '.' or '_' or '-' or '/' or ':');

    private static Dictionary<string, string> Pairs(string text)
    {
        var pairs = new Dictionary<string, string>();
        foreach (var pair in Split(text))
            if (pair.IndexOf('=', StringComparison.Ordinal) is > 0 and var at) pairs[pair[..at].Trim()] = pair[(at + 1)..].Trim();
        return pairs;
    }

    private static IEnumerable<string> Split(string text) =>
        text.Split(',', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries).Take(MostEntries);
}
