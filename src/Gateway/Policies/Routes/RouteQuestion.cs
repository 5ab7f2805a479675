using System.Text.Json;
using Espalier.Gateway.Accounting;
using Espalier.Gateway.Formats;
using Espalier.Gateway.Formats.Json;
using Espalier.Gateway.Formats.Neutral;
using Espalier.Gateway.Formats.Prompts;
using Espalier.Gateway.Ingress;
using Espalier.Gateway.Policies.Routes.Weights;

namespace Espalier.Gateway.Policies.Routes;

/// <summary>What is known of a call before a model is asked. Each feature is found only when somebody asks for it.</summary>
internal sealed class RouteQuestion(CallRecord call, WireRequest request, Prompt prompt)
{
    private const int BytesPerToken = 4;

    private static readonly string[] MetadataNames = ["metadata", "labels"];

    private readonly Lazy<NeutralRequest?> _neutral = new(() => Read(request));

    /// <summary>The model or slot that the agent asked for.</summary>
    public string Model => request.Model;

    public bool Stream => request.Stream;

    public string CallSite => call.CallSite.Name;

    public IReadOnlyList<string> Tags => call.Labels.Tags;

    /// <summary>A quarter of the bytes of all messages as they are sent, rounded up.</summary>
    public int PromptTokens => (prompt.Messages.Sum(message => message.Raw.Length) + BytesPerToken - 1) / BytesPerToken;

    /// <summary>How many times the user has spoken, this time included.</summary>
    public int Turn => prompt.Messages.Count(message => message.Role == "user");

    public IReadOnlyList<Tool> Tools => _neutral.Value?.Tools ?? [];

    public bool HasImages => _neutral.Value?.Turns.Any(turn => turn.Parts.Any(IsImage)) ?? false;

    public string LastUserText => prompt.LastUserIndex is >= 0 and var last ? prompt.Messages[last].Text : "";

    /// <summary>A value that the request or its headers carry; null when neither does.</summary>
    public string? Metadata(string name)
    {
        if (call.Labels.Metadata.TryGetValue(name, out var told)) return told;
        foreach (var member in MetadataNames)
        {
            if (request.Members.Value(member).Span is not [(byte)'{', ..]) continue;
            return JsonRead.Parse(request.Members.Value(member)).Member(name) switch
            {
                { ValueKind: JsonValueKind.String } text => text.GetString(),
                { ValueKind: JsonValueKind.Number or JsonValueKind.True or JsonValueKind.False } scalar => scalar.GetRawText(),
                _ => null,
            };
        }

        return null;
    }

    /// <summary>What a choice sticks to: the unit's word and the id. Without a conversation or user the run is taken.</summary>
    public (string Unit, string Id) IdOf(Sticky sticky)
    {
        var run = call.Run.Context;
        return sticky switch
        {
            Sticky.Call => ("call", call.SpanId.Value),
            Sticky.Conversation when run.Conversation is { } conversation => ("conversation", conversation),
            Sticky.User when run.User is { } user => ("user", user),
            _ => ("run", run.TraceId.Value),
        };
    }

    private static bool IsImage(Part part) => part is Part.Image || (part is Part.Result result && result.Parts.List.Any(IsImage));

    // What a translation would leave out is of no interest here; a request that rests on another's state has no features of its own.
    private static NeutralRequest? Read(WireRequest request)
    {
        try
        {
            return request.Format.ReadRequest(request.Body, request, new Dropped());
        }
        catch (Exception e) when (e is CallRefusal or JsonException or InvalidOperationException)
        {
            return null;
        }
    }
}
