using System.Buffers.Binary;
using System.Security.Cryptography;
using System.Text;
using Espalier.Gateway.Accounting;
using Espalier.Gateway.Formats.Prompts;

namespace Espalier.Gateway.Calls.Affinity;

/// <summary>What a call has in common with those that should go the same way, so that the provider's prompt cache stays warm.</summary>
/// <remarks>The run or the conversation where there is one, else the instructions with the first message of the user; always within one agent and
/// version. Computed at most once, and only where there is a choice.</remarks>
internal sealed class CallAffinity(CallRecord call, Prompt? prompt)
{
    private ulong? _hash;

    public ulong Hash => _hash ??= Compute();

    private ulong Compute()
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        var context = call.Run.Context;
        AddText(context.Agent);
        AddText(context.Version?.Value);
        if (call.Run.Affinity is { } said) AddText(said);
        else if (prompt is not null)
        {
            foreach (var message in prompt.Messages)
                if (message.IsInstruction) Add(message.Raw.Span);
            if (prompt.Messages.FirstOrDefault(message => message.Role == "user") is { } first) Add(first.Raw.Span);
        }

        Span<byte> result = stackalloc byte[32];
        hash.GetHashAndReset(result);
        return BinaryPrimitives.ReadUInt64LittleEndian(result);

        void Add(ReadOnlySpan<byte> bytes)
        {
            hash.AppendData(bytes);
            hash.AppendData([0]);
        }

        void AddText(string? text) => Add(Encoding.UTF8.GetBytes(text ?? ""));
    }
}
