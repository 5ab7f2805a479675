using System.Text;
using Espalier.Gateway.Formats.Json;

namespace Espalier.Gateway.Providers.OpenAi;

/// <summary>Whether a server is asked for the usage of its streams: as it is configured, until it says that it does not know <c>stream_options</c>.</summary>
/// <remarks>Then the same request goes once more without them, before anybody has seen anything, and the server is not asked for them again while this
/// process runs. Only the gateway's own wish is remembered so: what a client wrote there itself is no word about the server.</remarks>
internal sealed class StreamOptionsAsked(bool configured)
{
    private const string Name = "stream_options";

    private volatile bool _refused;

    public bool Asks => configured && !_refused;

    public async Task<ProviderReply> SendAsync(ProviderRequest request, Func<ProviderRequest, Task<ProviderReply>> send)
    {
        var reply = await send(request);
        if (!request.Stream || reply is not ProviderReply.Failed { Failure: { Status: 400 or 422 } failure } || !Names(failure)) return reply;
        var members = JsonMembers.Of(request.Body);
        if (!members.Has(Name) || !IsOurs(members.Value(Name))) return reply;
        var second = await send(request with { Body = members.Edit(new Dictionary<string, ReadOnlyMemory<byte>?> { [Name] = null }) });
        if (second is not ProviderReply.Failed) _refused = true;
        return second;
    }

    private static bool Names(ProviderFailure failure) =>
        failure.Message.Contains(Name, StringComparison.Ordinal) || (failure.Body is { } body && body.Span.IndexOf(Encoding.ASCII.GetBytes(Name)) >= 0);

    private static bool IsOurs(ReadOnlyMemory<byte> options)
    {
        var members = JsonMembers.Of(options);
        return members.Value("include_usage").Span.SequenceEqual("true"u8) && members.Names.All(name => name is "include_usage" or ContinuousUsage.Name);
    }
}
