using Espalier.Gateway.Formats.Events;

namespace Espalier.Gateway.Calls.Retries;

/// <summary>Keeps back what only announces an answer until its content begins: as long as the client has seen nothing, another try may be made.</summary>
/// <remarks>Bounded: a provider that announces at length, or keeps the connection open by comments, is taken at its word after a while.</remarks>
internal sealed class HeldOutput(IReplyOutput output) : IReplyOutput
{
    private const int MostEvents = 64;
    private const int MostBytes = 64 * 1024;

    private readonly List<StreamEvent> _held = [];
    private int _bytes;

    /// <summary>True once the client may have seen something.</summary>
    public bool HasBegun { get; private set; }

    /// <param name="streamed">An event.</param>
    /// <param name="content">Whether content has come, with it or before.</param>
    public Task WriteAsync(StreamEvent streamed, bool content)
    {
        if (HasBegun) return output.WriteAsync(streamed);
        if (content || _held.Count == MostEvents || _bytes + streamed.Raw.Length > MostBytes) return WriteAsync(streamed);
        // An event's bytes are good until the next one is read.
        _held.Add(streamed with { Data = streamed.Data.ToArray(), Raw = streamed.Raw.ToArray(), More = true });
        _bytes += streamed.Raw.Length;
        return Task.CompletedTask;
    }

    /// <summary>Writes an event behind all that was kept back.</summary>
    public async Task WriteAsync(StreamEvent streamed)
    {
        await ReleaseAsync();
        await output.WriteAsync(streamed);
    }

    /// <summary>Writes what was kept back.</summary>
    public async Task ReleaseAsync()
    {
        HasBegun = true;
        foreach (var held in _held) await output.WriteAsync(held);
        _held.Clear();
    }
}
