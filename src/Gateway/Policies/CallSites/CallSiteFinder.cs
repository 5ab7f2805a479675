using System.Security.Cryptography;
using System.Text;
using Espalier.Gateway.Formats;
using Espalier.Gateway.Ingress;
using Espalier.Gateway.Text;

namespace Espalier.Gateway.Policies.CallSites;

/// <summary>Recognises where in an agent a call comes from: by what the agent says, else by its instructions and tools without their changing values.</summary>
/// <remarks>Equal bytes are looked at once: what was found for them is remembered by their SHA-256.</remarks>
internal sealed class CallSiteFinder
{
    private const int Kept = 20_000;
    private const int FingerprintDigits = 12;
    private const int MostTemplate = 500;

    private readonly BoundedCache<string, CallSite> _found = new(Kept);

    public CallSite Find(WireRequest request, CallLabels labels)
    {
        var key = Key(request);
        if (!_found.TryGet(key, out var site)) site = _found.GetOrAdd(key, _ => Read(request));
        return labels.CallSite is { } name ? site with { Name = name, IsNamed = true } : site;
    }

    /// <summary>Everything that an unnamed site is known by.</summary>
    private static string Key(WireRequest request)
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        foreach (var message in request.Prompt.Messages)
        {
            if (!message.IsInstruction) continue;
            hash.AppendData(message.Raw.Span);
            hash.AppendData([0]);
        }

        hash.AppendData(Encoding.UTF8.GetBytes(request.Format.Name));
        hash.AppendData(request.Members.Value("tools").Span);
        return Convert.ToHexString(hash.GetHashAndReset());
    }

    private static CallSite Read(WireRequest request)
    {
        var template = string.Join('\n', request.Prompt.Messages.Where(message => message.IsInstruction).Select(message => TemplateText.Of(message.Text)));
        var tools = ToolNames(request);
        var hash = SHA256.HashData(Encoding.UTF8.GetBytes($"{template}\n\n{string.Join('\n', tools)}"));
        var fingerprint = Convert.ToHexStringLower(hash)[..FingerprintDigits];
        return new CallSite($"cs_{fingerprint}", fingerprint, false, template.Length > MostTemplate ? template[..MostTemplate] : template, tools);
    }

    private static IReadOnlyList<string> ToolNames(WireRequest request)
    {
        if (request.Members.Value("tools").IsEmpty) return [];
        try
        {
            return [.. request.Format.ReadRequest(request.Body, request, new Dropped()).Tools.Select(tool => tool.Name).Distinct().Order(StringComparer.Ordinal)];
        }
        catch (Exception e) when (e is CallRefusal or System.Text.Json.JsonException or InvalidOperationException)
        {
            // A request that rests on what its provider keeps is known by its instructions alone.
            return [];
        }
    }
}
