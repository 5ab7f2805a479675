using System.Text.Json;
using Espalier.Contracts.Traces;
using Espalier.Gateway.Accounting;
using Espalier.Gateway.Calls.Affinity;
using Espalier.Gateway.Formats;
using Espalier.Gateway.Policies;
using Espalier.Gateway.Providers;
using Microsoft.Extensions.Options;

namespace Espalier.Gateway.Calls.Caching;

/// <summary>Decides which requests to models use the cache.</summary>
internal sealed class CachePolicy(IOptions<GatewayOptions> options)
{
    // What a provider does for a request beside answering it, or keeps of it, is not in a kept answer.
    private static readonly string[] Deeds = ["web_search_options", "mcp_servers", "container", "plugins"];

    /// <summary>Null when a request must not use it.</summary>
    public CacheUse? Of(CallRecord call, VersionPolicies version, WireRequest request, ServedModel model, AttemptRole role, ProviderRequest sent)
    {
        var run = call.Run.Context;
        // What is measured must be paid: a candidate that could turn the cache on would look cheaper than it is, and replicates would be one.
        if (run.Purpose == Purpose.Evaluation || role is AttemptRole.Sample or AttemptRole.Judge) return null;
        var wanted = call.CacheWish switch
        {
            CacheWish.Off => false,
            CacheWish.On or CacheWish.Refresh => true,
            _ => options.Value.Cache.On || version.Cached.Contains(call.ModelRequested),
        };
        return wanted && MayBeKept(request) ? new CacheUse(CacheKey.Of(run, model, sent), call.CacheWish != CacheWish.Refresh) : null;
    }

    private static bool MayBeKept(WireRequest request)
    {
        if (Pins.Binds(request) || Deeds.Any(request.Members.Has) || IsTrue(request, "background")) return false;
        // Responses are kept by their provider unless they are told not to be; chat completions only when they are told to be.
        var stored = request.Format.Name == WireFormats.OpenAiResponses ? !IsFalse(request, "store") : IsTrue(request, "store");
        return !stored && !HasProvidersTools(request);
    }

    private static bool IsTrue(WireRequest request, string name) => request.Members.Value(name).Span.SequenceEqual("true"u8);

    private static bool IsFalse(WireRequest request, string name) => request.Members.Value(name).Span.SequenceEqual("false"u8);

    /// <summary>Tools that the provider runs itself look at the world, which changes; only functions of the client's own are the same each time.</summary>
    private static bool HasProvidersTools(WireRequest request)
    {
        if (request.Members.Value("tools") is not { IsEmpty: false } bytes) return false;
        using var tools = JsonDocument.Parse(bytes);
        if (tools.RootElement.ValueKind != JsonValueKind.Array) return true;
        return tools.RootElement.EnumerateArray().Any(tool => tool.ValueKind != JsonValueKind.Object || (request.Format.Name == WireFormats.Gemini
            ? tool.EnumerateObject().Any(member => member.Name is not ("functionDeclarations" or "function_declarations"))
            : tool.TryGetProperty("type", out var type) && !(type.ValueKind == JsonValueKind.String && type.GetString() is "function" or "custom")));
    }
}
