using System.Text;
using Espalier.Contracts.Agents;
using Espalier.Contracts.Datasets;
using Espalier.Contracts.Shared;
using Espalier.Contracts.Traces;
using Espalier.Core.Agents;
using Espalier.Core.Datasets;
using Espalier.Core.Runs;
using Espalier.Core.Traces;

namespace Espalier.GatewayLoad;

/// <summary>One version with a slot and retrieval memory.</summary>
internal sealed class OneVersion : IAgentRepository
{
    private static readonly Dictionary<string, byte[]> Files = new()
    {
        ["models.yaml"] = Encoding.UTF8.GetBytes("slots: { triage: { model: local/char-nn } }"),
        ["memory.yaml"] = Encoding.UTF8.GetBytes("retrieval: { source: rev_load, k: 8, slot: triage }"),
    };

    public Task<IReadOnlyDictionary<string, byte[]>> ReadFilesAsync(string agent, VersionId version, CancellationToken cancellationToken) =>
        Task.FromResult<IReadOnlyDictionary<string, byte[]>>(Files);

    public Task<AgentVersion> ImportAsync(string agent, string folder, CancellationToken cancellationToken) => throw new NotSupportedException();

    public Task<AgentVersion> CommitAsync(
        string agent, VersionId parent, IReadOnlyDictionary<string, byte[]?> changes, string message, CancellationToken cancellationToken) =>
        throw new NotSupportedException();

    public Task<AgentVersion> FindAsync(string agent, VersionId version, CancellationToken cancellationToken) => throw new NotSupportedException();

    public Task<AgentVersion> ResolveAsync(string agent, string revision, CancellationToken cancellationToken) => throw new NotSupportedException();

    public Task<VersionDiff> DiffAsync(string agent, VersionId from, VersionId to, CancellationToken cancellationToken) => throw new NotSupportedException();

    public Task MaterializeAsync(string agent, VersionId version, string folder, CancellationToken cancellationToken) => throw new NotSupportedException();
}

/// <summary>5,000 past cases of ten to twenty words.</summary>
internal sealed class ManyCases : IMemorySource
{
    public Task<IReadOnlyList<Case>> ReadAsync(RevisionId revision, CancellationToken cancellationToken) => Task.FromResult<IReadOnlyList<Case>>(
    [
        .. Enumerable.Range(0, 5000).Select(i => new Case
        {
            Id = new CaseId($"case_{i:00000}"),
            Input = $"hello I wrote about topic {i % 34} before, order {i * 7919 % 100_003}, {(i % 2 == 0 ? "please help me today" : "nobody has answered yet")}",
            Reference = $"intent_{i % 34}",
            Group = $"{i}",
            Split = Split.Search,
            Sources = ["import"],
        }),
    ]);
}

/// <summary>Takes spans and forgets them.</summary>
internal sealed class ForgettingTraceStore : ITraceWriter
{
    public Task WriteAsync(IReadOnlyList<Span> spans, CancellationToken cancellationToken) => Task.CompletedTask;

    public Task WriteFeedbackAsync(IReadOnlyList<Feedback> feedback, CancellationToken cancellationToken) => throw new NotSupportedException();
}
