using System.Buffers;
using Espalier.Core.Traces.Redaction.Detectors;
using Espalier.Core.Traces.Redaction.Detectors.Custom;

namespace Espalier.Core.Traces.Redaction;

/// <summary>Looks for all anchors of the chosen detectors in a text and asks those whose anchor it is.</summary>
internal sealed class TextScan
{
    // Above all that is built in: the operator knows better.
    private const int CustomRank = 100;

    private const int FewestDigits = 6;

    private static readonly SearchValues<char> Digits = SearchValues.Create("0123456789");

    private readonly IDetector[] _atSign;
    private readonly IDetector[] _number;
    private readonly IDetector[] _token;
    private readonly (string Word, IDetector Detector)[] _words;
    private readonly WordScan _wordScan;
    private readonly FoundWord<FindingList> _askWord;
    private readonly CustomDetector[] _custom;

    public TextScan(RedactionOptions options)
    {
        var chosen = DetectorList.All.Where(detector => options.Kinds.Count == 0 || options.Kinds.Contains(detector.Kind)).ToList();
        _atSign = Having(chosen, Anchor.AtSign);
        _number = Having(chosen, Anchor.Number);
        _token = Having(chosen, Anchor.Token);
        _words = [.. Having(chosen, Anchor.Words).SelectMany(detector => detector.Words.Select(word => (word, detector)))];
        _wordScan = new WordScan([.. _words.Select(word => word.Word)]);
        _askWord = AskWord;
        _custom = [.. options.Patterns.Select(pattern => new CustomDetector(pattern.Key, pattern.Value))];
    }

    /// <summary>Adds what is found to a list.</summary>
    /// <exception cref="System.Text.RegularExpressions.RegexMatchTimeoutException">An own pattern took too long.</exception>
    public void Find(ReadOnlySpan<char> text, ref FindingList findings)
    {
        _wordScan.Find(text, ref findings, _askWord);
        if (_atSign.Length > 0) FindAtSigns(text, ref findings);
        if (_number.Length + _token.Length > 0) FindDigits(text, ref findings);
        foreach (var detector in _custom)
        {
            foreach (var match in detector.Find(text))
            {
                if (match.Length > 0) findings.Add(new Finding(match.Index, match.Index + match.Length), detector.Kind, CustomRank, null);
            }
        }
    }

    private void AskWord(ReadOnlySpan<char> text, int index, int start, ref FindingList findings)
    {
        var (word, detector) = _words[index];
        var place = new Place { Text = text, At = start, End = start + word.Length };
        if (detector.TryFind(place, out var finding)) findings.Add(finding, detector.Kind, detector.Rank, detector);
    }

    private void FindAtSigns(ReadOnlySpan<char> text, ref FindingList findings)
    {
        for (var at = 0; text[at..].IndexOf('@') is >= 0 and var found;)
        {
            at += found;
            var place = new Place { Text = text, At = at, End = at + 1 };
            Ask(_atSign, place, ref findings);
            at++;
        }
    }

    private void FindDigits(ReadOnlySpan<char> text, ref FindingList findings)
    {
        Span<DigitGroup> groups = stackalloc DigitGroup[NumberScan.MostGroups];
        for (var at = 0; text[at..].IndexOfAny(Digits) is >= 0 and var found;)
        {
            at += found;
            var count = NumberScan.Read(text, at, groups);
            if (count == 0)
            {
                var (start, end) = NumberScan.Token(text, at);
                Ask(_token, new Place { Text = text, At = start, End = end }, ref findings);
                at = end;
                continue;
            }

            // Counts, prices and times: no number of a person is that short, and no address without a colon.
            var last = groups[count - 1].End;
            if (last - at < FewestDigits && (last == text.Length || text[last] != ':') && (at == 0 || text[at - 1] != ':'))
            {
                at = last;
                continue;
            }

            for (var index = 0; index < count; index++)
            {
                var group = groups[index];
                Ask(_number, new Place { Text = text, At = group.Start, End = group.End, Groups = groups[..count], Index = index }, ref findings);
            }

            at = last;
        }
    }

    private static void Ask(IDetector[] detectors, in Place place, ref FindingList findings)
    {
        foreach (var detector in detectors)
        {
            if (detector.TryFind(place, out var finding)) findings.Add(finding, detector.Kind, detector.Rank, detector);
        }
    }

    private static IDetector[] Having(List<IDetector> detectors, Anchor anchor) => [.. detectors.Where(detector => detector.Anchor.HasFlag(anchor))];
}
