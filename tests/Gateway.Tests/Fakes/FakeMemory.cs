using Case = Espalier.Contracts.Datasets.Case;
using Espalier.Contracts.Datasets;
using Espalier.Core.Datasets;
using Espalier.Core.Runs;

namespace Espalier.Gateway.Tests.Fakes;

/// <summary>Past cases by revision.</summary>
internal sealed class FakeMemory : IMemorySource
{
    private readonly Dictionary<RevisionId, IReadOnlyList<Case>> _cases = [];

    public int Reads { get; private set; }

    public void Put(string revision, params (string Input, string Output, string Group)[] cases) => _cases[new RevisionId(revision)] =
    [
        .. cases.Select((one, i) => new Case
        {
            Id = new CaseId($"case_{i:000}"),
            Input = one.Input,
            Reference = one.Output,
            Group = one.Group,
            Split = Split.Search,
            Sources = ["import"],
        }),
    ];

    /// <summary>Says when one case was served.</summary>
    public void Date(string revision, int index, DateTimeOffset at) =>
        _cases[new RevisionId(revision)] = [.. _cases[new RevisionId(revision)].Select((one, i) => i == index ? one with { At = at } : one)];

    public Task<IReadOnlyList<Case>> ReadAsync(RevisionId revision, CancellationToken cancellationToken)
    {
        Reads++;
        return Task.FromResult(_cases.GetValueOrDefault(revision) ?? []);
    }
}
