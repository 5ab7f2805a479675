using Espalier.Testing;
using Espalier.Testing.Redaction;

namespace Espalier.Core.Tests.Traces.Redaction;

public sealed class RedactionQualityTests
{
    private const int FewestMarks = 5;

    [Fact]
    public void Redact_MarkedSentences_FindsStructuredKindsAndLittleElse()
    {
        var sentences = LabelledSentences.Read(SharedFiles.Require("data/pii_presidio"));
        sentences.Count.ShouldBeGreaterThan(0);

        var scores = RedactionScores.Measure(Redactors.Usual, sentences);

        scores.Count(score => score.Marked >= FewestMarks).ShouldBeGreaterThanOrEqualTo(3);
        scores.ShouldAllBe(score => score.Marked < FewestMarks || (score.Recall >= 0.95 && score.Precision >= 0.90), string.Join(
            '\n', scores.Where(score => score.Marked >= FewestMarks).SelectMany(score => score.Missed.Concat(score.Wrong).Select(text => $"{score.Kind} {text}"))));

        // What nothing is marked as must hardly be found either.
        scores.Where(score => score.Marked == 0).Sum(score => score.Findings).ShouldBeLessThan(sentences.Count / 100);
    }
}
