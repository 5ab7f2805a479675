using System.Security.Cryptography;
using System.Text.Json;
using System.Text.Json.Serialization;
using Espalier.Contracts.Runs;
using Espalier.Core.Shared;

namespace Espalier.Gateway.Keys;

/// <summary>The providers' keys that are kept here, encrypted, in a file that only its owner may read.</summary>
/// <remarks>Thread-safe. A key leaves this class for the requests of its provider alone. A key of the configuration or the environment goes
/// before a stored one. When a key is replaced, the one before it may stay for a time, so that a rotation can be undone by its own failure.</remarks>
public sealed class ProviderKeys
{
    private const string FileName = "provider-keys.json";
    private const int MostPrevious = 3;

    private readonly Lock _lock = new();
    private readonly string _folder;
    private readonly Func<string, string?> _environment;
    private readonly TimeProvider _time;
    private int _revision;

    internal ProviderKeys(string folder, Func<string, string?> environment, TimeProvider time) => (_folder, _environment, _time) = (folder, environment, time);

    private string Path => System.IO.Path.Combine(_folder, FileName);

    /// <summary>Changes whenever a key is set or removed.</summary>
    internal int Revision => Volatile.Read(ref _revision);

    public IReadOnlyList<ProviderKey> List()
    {
        lock (_lock) return [.. Read().OrderBy(pair => pair.Key, StringComparer.Ordinal).Select(pair => State(pair.Key, pair.Value))];
    }

    /// <summary>Keeps a key; requests use it from the next one on.</summary>
    /// <param name="provider">Whose it is.</param>
    /// <param name="key">The key.</param>
    /// <param name="previousUntil">Until when the key before it may stand in for it; null ends that one now.</param>
    /// <exception cref="Refusal">The key is empty, or holds what no header can carry.</exception>
    public ProviderKey Set(string provider, string key, DateTimeOffset? previousUntil = null)
    {
        var trimmed = key.Trim();
        if (trimmed.Length is 0 or > 4096 || trimmed.Any(letter => letter is < '!' or > '~'))
            throw new Refusal("provider-key-not-valid", 422, $"This is no key of '{provider}'.", "Send the key as the provider shows it: printable ASCII without blanks.");
        lock (_lock)
        {
            var stored = Read();
            var entry = new Entry(Box().Seal(trimmed, Place(provider)), trimmed.Length > 8 ? trimmed[^4..] : "****", _time.GetUtcNow())
            {
                Previous = stored.GetValueOrDefault(provider) is { } before ? Previous(provider, before, trimmed, previousUntil) : null,
            };
            stored[provider] = entry;
            Write(stored);
            return State(provider, entry);
        }
    }

    /// <param name="provider">Whose it is.</param>
    /// <param name="previousOnly">Whether only the keys before the present one are to go.</param>
    /// <exception cref="Refusal"><c>provider-key-not-found</c>.</exception>
    public void Remove(string provider, bool previousOnly = false)
    {
        lock (_lock)
        {
            var stored = Read();
            if (!stored.TryGetValue(provider, out var entry) || (previousOnly && entry.Previous is null))
                throw new Refusal("provider-key-not-found", 404, $"No {(previousOnly ? "previous " : "")}key of '{provider}' is kept.", "List them with 'espalier keys providers'.");
            if (previousOnly) stored[provider] = entry with { Previous = null };
            else stored.Remove(provider);
            Write(stored);
        }
    }

    /// <summary>The keys of a provider that may be used, the present one first; those before it have an end.</summary>
    /// <exception cref="StorageFault">One cannot be opened.</exception>
    internal IReadOnlyList<(string Secret, DateTimeOffset? Until)> Open(string provider)
    {
        lock (_lock)
        {
            if (!Read().TryGetValue(provider, out var entry)) return [];
            return [(Open(provider, entry), null), .. Living(entry).Select(previous => (Open(provider, previous), previous.Until))];
        }
    }

    /// <summary>Opens every key once, so that a lost master key is told of at the start.</summary>
    /// <exception cref="StorageFault">One cannot be opened.</exception>
    internal void Check()
    {
        IReadOnlyList<string> providers;
        lock (_lock) providers = [.. Read().Keys];
        foreach (var provider in providers) Open(provider);
    }

    private List<Entry>? Previous(string provider, Entry before, string key, DateTimeOffset? until)
    {
        if (!(until > _time.GetUtcNow())) return null;
        List<Entry> all = [before with { Until = until, Previous = null }, .. Living(before)];
        var kept = all.Where(previous => Open(provider, previous) != key).Take(MostPrevious).ToList();
        return kept.Count > 0 ? kept : null;
    }

    private IEnumerable<Entry> Living(Entry entry)
    {
        var now = _time.GetUtcNow();
        return (entry.Previous ?? []).Where(previous => previous.Until > now);
    }

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

    private ProviderKey State(string provider, Entry entry) => new()
    {
        Provider = provider,
        Last4 = entry.Last4,
        Set = entry.Set,
        Previous = [.. Living(entry).Select(previous => new PreviousProviderKey(previous.Last4, previous.Until!.Value))],
    };

    private Dictionary<string, Entry> Read() =>
        File.Exists(Path) ? JsonSerializer.Deserialize(File.ReadAllText(Path), ProviderKeysJson.Default.DictionaryStringEntry) ?? [] : [];

    private void Write(Dictionary<string, Entry> stored)
    {
        PrivateFiles.MakeFolder(_folder);
        PrivateFiles.Write(Path, JsonSerializer.Serialize(stored, ProviderKeysJson.Default.DictionaryStringEntry));
        Interlocked.Increment(ref _revision);
    }

    internal sealed record Entry(string Box, string Last4, DateTimeOffset Set)
    {
        /// <summary>The keys before this one that still serve.</summary>
        public List<Entry>? Previous { get; init; }

        /// <summary>When a key that was replaced ends.</summary>
        public DateTimeOffset? Until { get; init; }
    }
}

/// <summary>The form of the file of providers' keys.</summary>
[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower, DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull)]
[JsonSerializable(typeof(Dictionary<string, ProviderKeys.Entry>))]
internal sealed partial class ProviderKeysJson : JsonSerializerContext;
