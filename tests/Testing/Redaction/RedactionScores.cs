using Espalier.Core.Traces.Redaction;

namespace Espalier.Testing.Redaction;

/// <summary>Compares what a redactor finds with what is marked.</summary>
public static class RedactionScores
{
    private const int Around = 25;
    private const int MostBesides = 2;

    // Marks of other types (names, places, dates) are not attempted; a finding on one of them is wrong.
    private static readonly Dictionary<string, string> Kinds = new()
    {
        ["EMAIL_ADDRESS"] = "email",
        ["PHONE_NUMBER"] = "phone",
        ["CREDIT_CARD"] = "card",
        ["IBAN_CODE"] = "iban",
        ["US_SSN"] = "ssn",
        ["US_ITIN"] = "itin",
        ["UK_NHS"] = "national-id",
        ["UK_NINO"] = "nino",
        ["IP_ADDRESS"] = "ip",
        ["US_DRIVER_LICENSE"] = "driver-licence",
        ["CRYPTO"] = "account",
        ["US_BANK_NUMBER"] = "account",
    };

    public static IReadOnlyList<KindScore> Measure(TextRedactor redactor, IReadOnlyList<LabelledSentence> sentences)
    {
        var read = sentences.Select(sentence => (Sentence: sentence, Findings: redactor.Find(sentence.Text))).ToList();
        return [.. read.SelectMany(one => one.Findings.Select(finding => finding.Kind))
            .Concat(sentences.SelectMany(one => one.Spans).Select(span => Kinds.GetValueOrDefault(span.Type)).OfType<string>())
            .Distinct().Order(StringComparer.Ordinal)
            .Select(kind => Measure(kind, read))];
    }

    private static KindScore Measure(string kind, List<(LabelledSentence Sentence, IReadOnlyList<(Finding Finding, string Kind)> Findings)> read)
    {
        var (marked, found, covered, findings, right) = (0, 0, 0, 0, 0);
        var (missed, wrong) = (new List<string>(), new List<string>());
        foreach (var (sentence, all) in read)
        {
            var marks = sentence.Spans.Where(span => Kinds.GetValueOrDefault(span.Type) == kind).ToList();
            var own = all.Where(finding => finding.Kind == kind).Select(finding => finding.Finding).ToList();
            foreach (var mark in marks)
            {
                marked++;
                if (own.Exists(finding => finding.Start <= mark.Start && finding.End >= mark.End)) found++;
                else missed.Add(Show(sentence, mark.Start, mark.End));
                if (all.Any(finding => finding.Finding.Start <= mark.Start && finding.Finding.End >= mark.End)) covered++;
            }

            foreach (var finding in own)
            {
                findings++;
                if (marks.Exists(mark => Besides(finding, mark) <= MostBesides)) right++;
                else wrong.Add(Show(sentence, finding.Start, finding.End));
            }
        }

        return new KindScore(kind, marked, found, covered, findings, right, missed, wrong);
    }

    private static int Besides(Finding finding, LabelledSpan mark) =>
        finding.Start >= mark.End || finding.End <= mark.Start ? int.MaxValue : Math.Max(0, mark.Start - finding.Start) + Math.Max(0, finding.End - mark.End);

    private static string Show(LabelledSentence sentence, int start, int end)
    {
        var from = Math.Max(0, start - Around);
        var to = Math.Min(sentence.Text.Length, end + Around);
        return $"{sentence.Id}: {sentence.Text[from..start]}<<{sentence.Text[start..end]}>>{sentence.Text[end..to]}".ReplaceLineEndings("|");
    }
}
