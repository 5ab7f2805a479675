using System.Security.Cryptography;
using System.Text.Json;
using System.Text.Json.Serialization;
using Espalier.Contracts.Runs;
using Espalier.Core.Shared;
using Espalier.Gateway.Providers;

namespace Espalier.Gateway.Keys;

/// <summary>The providers' keys that are kept here, encrypted, in a file that only its owner may read.</summary>
/// <remarks>Thread-safe. A key leaves this class for the options of its provider alone, from where it goes into the request's header. A key
/// of the configuration or the environment goes before a stored one.</remarks>
public sealed class ProviderKeys
{
    private const string FileName = "provider-keys.json";

    private readonly Lock _lock = new();
    private readonly string _folder;
    private readonly Func<string, string?> _environment;
    private readonly TimeProvider _time;

    internal ProviderKeys(string folder, Func<string, string?> environment, TimeProvider time) => (_folder, _environment, _time) = (folder, environment, time);

    private string Path => System.IO.Path.Combine(_folder, FileName);

    public IReadOnlyList<ProviderKey> List()
    {
        lock (_lock) return [.. Read().OrderBy(pair => pair.Key, StringComparer.Ordinal).Select(pair => State(pair.Key, pair.Value))];
    }

    /// <exception cref="Refusal">The key is empty, or holds what no header can carry.</exception>
    public ProviderKey Set(string provider, string key)
    {
        var trimmed = key.Trim();
        if (trimmed.Length is 0 or > 4096 || trimmed.Any(letter => letter is < '!' or > '~'))
            throw new Refusal("provider-key-not-valid", 422, $"This is no key of '{provider}'.", "Send the key as the provider shows it: printable ASCII without blanks.");
        lock (_lock)
        {
            var stored = Read();
            var entry = new Entry(Box().Seal(trimmed, Place(provider)), trimmed.Length > 8 ? trimmed[^4..] : "****", _time.GetUtcNow());
            stored[provider] = entry;
            Write(stored);
            return State(provider, entry);
        }
    }

    /// <exception cref="Refusal"><c>provider-key-not-found</c>.</exception>
    public void Remove(string provider)
    {
        lock (_lock)
        {
            var stored = Read();
            if (!stored.Remove(provider)) throw new Refusal("provider-key-not-found", 404, $"No key of '{provider}' is kept.", "List them with 'espalier keys providers'.");
            Write(stored);
        }
    }

    /// <summary>Puts the kept keys where the configuration has none.</summary>
    internal void Fill(GatewayOptions options)
    {
        Dictionary<string, Entry> stored;
        lock (_lock) stored = Read();
        foreach (var (provider, entry) in stored)
        {
            if (Find(options, provider) is { ApiKey: null or "" } upstream) upstream.ApiKey = Open(provider, entry);
        }
    }

    internal static UpstreamOptions? Find(GatewayOptions options, string provider) => provider switch
    {
        "openai" => options.OpenAi,
        "anthropic" => options.Anthropic,
        "gemini" => options.Gemini,
        "azure" => options.Azure,
        _ => options.Compatible.TryGetValue(provider, out var compatible) ? compatible : null,
    };

    private string Open(string provider, Entry entry)
    {
        try
        {
            return Box().Open(entry.Box, Place(provider));
        }
        catch (CryptographicException)
        {
            throw new StorageFault(
                StorageFault.Damaged, Path, $"The key of '{provider}' in {Path} cannot be opened: it was written with another master key, or changed.",
                $"Bring back the master key, or remove the entry '{provider}' from the file and set the key again.");
        }
    }

    private SecretBox Box() => new(MasterKey.Read(_folder, _environment));

    private static string Place(string provider) => $"provider-key/{provider}";

    private static ProviderKey State(string provider, Entry entry) => new() { Provider = provider, Last4 = entry.Last4, Set = entry.Set };

    private Dictionary<string, Entry> Read() =>
        File.Exists(Path) ? JsonSerializer.Deserialize(File.ReadAllText(Path), ProviderKeysJson.Default.DictionaryStringEntry) ?? [] : [];

    private void Write(Dictionary<string, Entry> stored)
    {
        PrivateFiles.MakeFolder(_folder);
        PrivateFiles.Write(Path, JsonSerializer.Serialize(stored, ProviderKeysJson.Default.DictionaryStringEntry));
    }

    internal sealed record Entry(string Box, string Last4, DateTimeOffset Set);
}

/// <summary>The form of the file of providers' keys.</summary>
[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower)]
[JsonSerializable(typeof(Dictionary<string, ProviderKeys.Entry>))]
internal sealed partial class ProviderKeysJson : JsonSerializerContext;
