using System.Text;
using System.Text.RegularExpressions;
using Espalier.Core.Traces;
using Espalier.Core.Traces.Dialects;
using Espalier.Core.Traces.Otlp;
using Espalier.Testing;
using Microsoft.Extensions.DependencyInjection;

namespace Espalier.Core.Tests.Traces.Dialects;

/// <summary>The mapping as a page for people, written from the rules that do it.</summary>
public sealed partial class MappingTableTests
{
    private static IReadOnlyList<ITraceDialect> Dialects { get; } = [.. new ServiceCollection().AddTraces().BuildServiceProvider().GetServices<ITraceDialect>()];

    [Fact]
    public void Rules_OfAllDialects_AreThePageOfTheReference()
    {
        var page = new StringBuilder("""
            # Trace dialects

            Where each field of a canonical span is found, by convention. Written by a test from the rules that do the reading; `./dev docs` writes it
            again. A span may speak several conventions: they are asked in the order of this page, first for the span's kind, then for all else,
            and whoever comes first is believed. Of several attributes in one line the first that is there counts. What no rule names stays among
            the span's attributes under its own key.

            """);
        foreach (var dialect in Dialects)
        {
            page.Append($"\n## {dialect.Name}\n\n| field | found in |\n|---|---|\n");
            foreach (var field in dialect.Rules.All.GroupBy(rule => rule.Field).OrderBy(group => group.Key))
                page.Append($"| {Words().Replace(field.Key.ToString(), " $0").Trim().ToLowerInvariant()} | {string.Join(", ", field.Select(rule => Cell(rule.Attribute)).Distinct())} |\n");
        }

        Golden.MatchFile(page.ToString(), SourceFile.Path("../../../../docs/reference/trace-dialects.md"));
    }

    [Fact]
    public void Names_OfDialects_AreLowerCaseAndDiffer() =>
        Dialects.Select(dialect => dialect.Name).ShouldBe(Dialects.Select(dialect => dialect.Name.ToLowerInvariant()).Distinct());

    [Fact]
    public void Chain_OfTwoWithOneName_IsRefusedAtStart() =>
        Should.Throw<InvalidOperationException>(() => new OtlpMapper([Dialects[0], Dialects[0]])).Message.ShouldContain($"'{Dialects[0].Name}'");

    // A bar would end the cell; words that are no key are told as words.
    private static string Cell(string attribute) => attribute.Contains(' ') || attribute.StartsWith("name", StringComparison.Ordinal) ? attribute.Replace("|", "\\|", StringComparison.Ordinal) : $"`{attribute}`";

    [GeneratedRegex("(?<=[a-z])[A-Z]", RegexOptions.ExplicitCapture)]
    private static partial Regex Words();
}
