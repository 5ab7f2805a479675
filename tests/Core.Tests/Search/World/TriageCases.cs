using Espalier.Contracts.Datasets;
using Espalier.Core.Datasets;
using Espalier.Core.Shared;

namespace Espalier.Core.Tests.Search.World;

/// <summary>Requests over eight labels, two of a conversation here and there, dealt to the splits like real ones.</summary>
internal static class TriageCases
{
    public static readonly IReadOnlyList<string> Labels = ["refund", "parcel_late", "address_change", "size_wrong", "voucher_fails", "login_lost", "invoice_copy", "repair_wanted"];

    public static readonly RevisionId Revision = new("rev_triage");

    public static IReadOnlyList<Case> Make(int count, bool references = true)
    {
        var texts = Enumerable.Range(0, count).Select(i => (Input: Text(i), Label: Labels[i % Labels.Count], Group: $"conversation-{i * 9 / 10}")).ToList();
        var splits = Splitter.Deal(texts.GroupBy(text => text.Group).ToDictionary(group => group.Key, group => group.Count()), new Seed(5));
        return [.. texts.Select(text => new Case
        {
            Id = new CaseId("case_" + ContentHash.Of(32, text.Input, text.Label, text.Group)),
            Input = text.Input,
            Reference = references ? text.Label : null,
            Group = text.Group,
            Split = splits[text.Group],
            Sources = ["import"],
        })];
    }

    private static string Text(int i)
    {
        var label = Labels[i % Labels.Count].Replace('_', ' ');
        var rng = new Seed(11).For("text", i);
        return $"my {label} question {ContentHash.Of(12, $"{i}")} about {label} {new string((char)('a' + rng.Next(26)), 1 + rng.Next(40))}";
    }
}
