namespace Espalier.Core.Traces.Redaction;

/// <summary>Recognises one kind of personal data or secret by its form and its checksum, never by the sentence around it.</summary>
/// <remarks>Stateless and thread-safe. Where a form alone says too little, words that name the kind of number beside it may decide.</remarks>
public interface IDetector
{
    /// <summary>The word in configuration; upper-cased it is the type in placeholders. Several detectors may share one.</summary>
    string Kind { get; }

    /// <summary>Of findings that overlap the one with the highest rank stays; of equals the longest.</summary>
    int Rank { get; }

    Anchor Anchor { get; }

    /// <summary>Literal, case-sensitive anchors; at least two characters each.</summary>
    IReadOnlyList<string> Words => [];

    bool TryFind(in Place place, out Finding finding);

    /// <summary>What forms of one value have in common, so that they get the same placeholder.</summary>
    string Normalize(ReadOnlySpan<char> value) => value.ToString();
}
