using System.Text;

namespace Espalier.Gateway.Formats.Neutral;

/// <summary>A piece of what is said.</summary>
internal abstract record Part
{
    private Part() { }

    /// <summary>Everything up to here is worth keeping in the provider's cache.</summary>
    public CacheMark? Cache { get; init; }

    public sealed record Text(string Content) : Part;

    /// <summary>A model that declines says why in words of its own kind.</summary>
    public sealed record Refusal(string Content) : Part;

    public sealed record Image(Source From) : Part
    {
        /// <summary><c>low</c>, <c>high</c> or <c>auto</c>.</summary>
        public string? Detail { get; init; }
    }

    public sealed record Document(Source From) : Part
    {
        public string? Title { get; init; }
    }

    public sealed record Audio(string Format, string Base64) : Part;

    /// <param name="Id">By which its result refers to it.</param>
    /// <param name="Name">The tool.</param>
    /// <param name="Arguments">JSON as the model wrote it.</param>
    public sealed record Call(string Id, string Name, string Arguments) : Part;

    /// <param name="Id">Of the call.</param>
    /// <param name="Name">Of the tool, where it is told.</param>
    /// <param name="Parts">What the tool gave back.</param>
    public sealed record Result(string Id, string? Name, EquatableParts Parts) : Part
    {
        public bool IsError { get; init; }
    }

    /// <param name="Content">May be empty when the provider shows none.</param>
    /// <param name="Signature">By which the provider knows its own reasoning again; opaque.</param>
    public sealed record Thinking(string Content, string? Signature) : Part
    {
        /// <summary>The provider's id of it.</summary>
        public string? Id { get; init; }
    }

    /// <summary>Reasoning that only the provider can read.</summary>
    public sealed record Hidden(string Opaque) : Part;
}

/// <summary>Where bytes come from: one of <see cref="Base64"/>, <see cref="Text"/>, <see cref="Url"/> and <see cref="File"/> is set.</summary>
internal sealed record Source
{
    public string? MediaType { get; init; }

    public string? Base64 { get; init; }

    /// <summary>Plain text in the place of bytes.</summary>
    public string? Text { get; init; }

    public string? Url { get; init; }

    /// <summary>A file that the provider keeps.</summary>
    public string? File { get; init; }

    public static Source OfUrl(string url)
    {
        const string scheme = "data:";
        const string encoding = ";base64,";
        var comma = url.IndexOf(encoding, StringComparison.Ordinal);
        return url.StartsWith(scheme, StringComparison.Ordinal) && comma > 0
            ? new Source { MediaType = url[scheme.Length..comma], Base64 = url[(comma + encoding.Length)..] }
            : new Source { Url = url };
    }

    /// <summary>As an address; bytes become a data address.</summary>
    public string? ToUrl() => Url ?? (Bytes() is { } bytes ? $"data:{MediaType ?? "application/octet-stream"};base64,{bytes}" : null);

    /// <summary>The bytes, text included; null when they lie elsewhere.</summary>
    public string? Bytes() => Base64 ?? (Text is null ? null : Convert.ToBase64String(Encoding.UTF8.GetBytes(Text)));
}

/// <summary>Everything up to here is worth keeping in the provider's cache.</summary>
/// <param name="Keep"><c>5m</c> or <c>1h</c>; null for the provider's usual time.</param>
internal sealed record CacheMark(string? Keep = null);

/// <summary>Parts that compare by what they say.</summary>
internal sealed record EquatableParts(IReadOnlyList<Part> List)
{
    public bool Equals(EquatableParts? other) => other is not null && List.SequenceEqual(other.List);

    public override int GetHashCode() => List.Aggregate(0, HashCode.Combine);

    /// <summary>The text alone, by line.</summary>
    public string Text() => string.Join('\n', List.OfType<Part.Text>().Select(part => part.Content));
}
