using Espalier.Gateway.Accounting;
using Espalier.Gateway.Formats;
using Espalier.Gateway.Formats.Readings;
using Espalier.Gateway.Ingress;
using Espalier.Gateway.Providers;
using Espalier.Gateway.Text;

namespace Espalier.Gateway.Calls.Affinity;

/// <summary>Which requests go on from what a provider keeps, and which key's account keeps it.</summary>
/// <remarks>In memory, the most recent ones. What is not remembered is pinned to the provider alone: its affinity then leads to the key that it had.</remarks>
internal sealed class Pins(StoredReplies stored)
{
    private const int Kept = 100_000;

    // State of the vendors beside previous replies: none of it means anything to another one.
    private static readonly string[] StateMembers = ["conversation", "thread", "cachedContent", "cached_content"];

    private readonly BoundedCache<string, Maker> _reasoning = new(Kept);

    /// <summary>Whether a request goes on from what a provider keeps, so that nobody else can answer it.</summary>
    public static bool Binds(WireRequest request) => request.PreviousReply is not null || HasState(request)
        || (request.Format.Name == WireFormats.OpenAiResponses && SealedReasoning.In(request.Body).Count > 0);

    /// <summary>Null when anybody may answer.</summary>
    /// <exception cref="CallRefusal">What it goes on from is another provider's, or another agent's.</exception>
    public Pin? Of(CallRecord call, WireRequest request, ServedModel model)
    {
        if (request.PreviousReply is { } id) return new Pin(FindStored(call, request, model, id)?.Key);
        if (HasState(request)) return new Pin(null);
        if (request.Format.Name != WireFormats.OpenAiResponses || SealedReasoning.In(request.Body) is not { Count: > 0 } reasoning) return null;
        var makers = reasoning.Select(one => _reasoning.TryGet(one, out var maker) ? maker : null).OfType<Maker>().Distinct().ToList();
        // What came from elsewhere is the translation's matter; what nobody remembers is taken for the provider's own.
        if (makers.Any(maker => maker.Provider != model.Provider.Name)) return new Pin(null);
        return makers.Select(maker => maker.Key).Distinct().Count() < 2
            ? new Pin(makers.FirstOrDefault()?.Key)
            : throw CallRefusal.Invalid(
                $"'input' holds encrypted reasoning of several accounts of '{model.Provider.Name}', and none can read the others'. Send the reasoning of one conversation alone.",
                "input", "reasoning_of_several_accounts");
    }

    /// <summary>Remembers what an answer can be gone on from.</summary>
    public void Keep(CallRecord call, ServedModel model, ReplyReading reading, string? key)
    {
        if (reading is not OpenAiResponsesReading response) return;
        if (response.Id is { } id) stored.Keep(id, new StoredReply(call.Run.Context.Agent, model) { Key = key });
        if (key is null) return;
        foreach (var one in response.Reasoning) _reasoning.GetOrAdd(one, _ => new Maker(model.Provider.Name, key));
    }

    private static bool HasState(WireRequest request)
    {
        foreach (var member in StateMembers)
            if (request.Members.Has(member)) return true;
        return false;
    }

    private StoredReply? FindStored(CallRecord call, WireRequest request, ServedModel model, string id)
    {
        if (!model.Provider.Formats.Contains(request.Format.Name))
        {
            throw CallRefusal.Invalid(
                $"'previous_response_id' goes on from a reply that its provider keeps; '{model.FullName}' is of '{model.Provider.Name}', which keeps none. "
                + "Send the whole conversation in 'input'.", "previous_response_id", "previous_response_elsewhere");
        }

        if (stored.Find(id) is not { } reply) return null;
        if (reply.Agent != call.Run.Context.Agent) throw CallRefusal.UnknownReply(id);
        if (reply.Model.Provider == model.Provider) return reply;
        throw CallRefusal.Invalid(
            $"'previous_response_id' names a reply that '{reply.Model.Provider.Name}' keeps; '{model.FullName}' is served by '{model.Provider.Name}'. "
            + "Ask for a model of the same provider, or send the whole conversation in 'input'.", "previous_response_id", "previous_response_elsewhere");
    }

    private sealed record Maker(string Provider, string Key);
}
