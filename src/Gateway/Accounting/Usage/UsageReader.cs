using System.Runtime.InteropServices;
using System.Text;
using System.Text.Json;

namespace Espalier.Gateway.Accounting.Usage;

/// <summary>Reads usage out of the replies of one wire format: a whole body, or a stream's events one by one as they pass.</summary>
/// <remarks>One reader a reply; not thread-safe. It looks at a copy and never changes what goes to the client. Events that carry no usage
/// are told apart by a search for bytes and cost no parsing; bytes that are no JSON are ignored. What a reply does not tell stays unknown.</remarks>
internal abstract class UsageReader
{
    private byte[] _first = [];
    private byte[] _last = [];
    private int _firstLength;
    private int _lastLength;
    private List<string>? _violations;
    private List<string>? _flags;

    /// <summary>As the reply names it.</summary>
    protected string? Model { get; private set; }

    protected string? ServiceTier { get; set; }

    protected string? Region { get; set; }

    protected string? ResponseId { get; private set; }

    /// <summary>True once a whole body was read.</summary>
    protected bool IsWhole { get; private set; }

    public void ReadBody(ReadOnlySpan<byte> json)
    {
        IsWhole = true;
        Read(json);
    }

    public void ReadBody(JsonElement json)
    {
        IsWhole = true;
        Read(JsonMarshal.GetRawUtf8Value(json));
    }

    /// <param name="data">An event's data; what is no JSON (<c>[DONE]</c>) is ignored.</param>
    public void ReadEvent(ReadOnlySpan<byte> data)
    {
        if (MayMatter(data)) Read(data);
    }

    /// <param name="data">An event's data.</param>
    public void ReadEvent(JsonElement data)
    {
        var json = JsonMarshal.GetRawUtf8Value(data);
        if (MayMatter(json)) Read(json);
    }

    /// <summary>What is known by now. Cheap, but not free: to be asked once, at the end.</summary>
    public ReportedUsage Report()
    {
        var report = Sum();
        return report with
        {
            Json = Words(),
            Model = Model,
            ServiceTier = ServiceTier,
            Region = Region,
            ResponseId = ResponseId,
            Violations = _violations ?? [],
            Flags = _flags ?? [],
        };
    }

    /// <summary>Whether an event may tell anything; a cheap search, which may say yes too often.</summary>
    protected virtual bool MayMatter(ReadOnlySpan<byte> data) => Model is null || HasUsage(data);

    /// <summary>Reads a body or an event; the reader stands inside its object.</summary>
    protected abstract void ReadObject(ref Utf8JsonReader json, ReadOnlySpan<byte> text);

    /// <summary>The counts in disjoint form.</summary>
    protected abstract ReportedUsage Sum();

    protected void SeeModel(ref Utf8JsonReader json) => Model = Seen(ref json, Model);

    protected void SeeResponseId(ref Utf8JsonReader json) => ResponseId = Seen(ref json, ResponseId);

    protected void SeeServiceTier(ref Utf8JsonReader json) => ServiceTier = Seen(ref json, ServiceTier);

    /// <summary>Keeps the provider's words: those of the first report of a reply and of the last.</summary>
    protected void Keep(ReadOnlySpan<byte> words, bool first = false)
    {
        if (first) Copy(words, ref _first, out _firstLength);
        else Copy(words, ref _last, out _lastLength);
    }

    protected void Violate(string what) => (_violations ??= []).Add(what);

    protected void Flag(string what) => (_flags ??= []).Add(what);

    // Most chunks say "usage": null, and a parse of each of them would cost more than all the rest of the accounting.
    private static bool HasUsage(ReadOnlySpan<byte> data)
    {
        var name = "\"usage\""u8;
        for (int at; (at = data.IndexOf(name)) >= 0;)
        {
            data = data[(at + name.Length)..];
            if (!data.TrimStart(" \t\r\n:"u8).StartsWith("null"u8)) return true;
        }

        return false;
    }

    private static string? Seen(ref Utf8JsonReader json, string? known)
    {
        json.Read();
        if (json.TokenType != JsonTokenType.String)
        {
            json.Skip();
            return known;
        }

        // Every event of a stream repeats it; one string is enough.
        return json.ValueSpan.IsEmpty || known is not null && json.ValueTextEquals(known) ? known : json.GetString();
    }

    private static void Copy(ReadOnlySpan<byte> words, ref byte[] kept, out int length)
    {
        if (kept.Length < words.Length) kept = new byte[words.Length];
        words.CopyTo(kept);
        length = words.Length;
    }

    private void Read(ReadOnlySpan<byte> text)
    {
        try
        {
            var json = JsonScan.Open(text);
            if (!json.Read()) return;
            if (json.TokenType == JsonTokenType.StartObject) ReadObject(ref json, text);
            else if (json.TokenType == JsonTokenType.StartArray)
                while (JsonScan.NextObject(ref json)) ReadObject(ref json, text);
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException)
        {
            // What was read before the broken place counts: it may be all that ever tells what the call used.
        }
    }

    private string? Words()
    {
        var first = Encoding.UTF8.GetString(_first, 0, _firstLength);
        var last = Encoding.UTF8.GetString(_last, 0, _lastLength);
        return (first, last) switch
        {
            ("", "") => null,
            ("", _) => last,
            (_, "") => first,
            _ => $"[{first},{last}]",
        };
    }
}
