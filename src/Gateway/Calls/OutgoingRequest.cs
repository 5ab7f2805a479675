using System.Text;
using System.Text.Json.Nodes;
using Espalier.Gateway.Ingress.OpenAiChat;
using Espalier.Gateway.Policies.Models;
using Espalier.Gateway.Providers;

namespace Espalier.Gateway.Calls;

/// <summary>What goes to a provider: the agent's bytes with the model's name, a slot's parameters and what policies ask for put in.</summary>
internal static class OutgoingRequest
{
    private static readonly ReadOnlyMemory<byte> True = "true"u8.ToArray();
    private static readonly string[] OutputLimits = ["max_tokens", "max_completion_tokens"];

    /// <param name="request">As it came.</param>
    /// <param name="model">Who is to answer.</param>
    /// <param name="slot">The slot that was asked for; null when a model was.</param>
    /// <param name="messages">As policies want them; the request's own list when they change nothing.</param>
    /// <param name="stream">Whether this provider is to stream.</param>
    /// <param name="wantConfidence">Whether the gateway must know how sure the answer is.</param>
    public static ReadOnlyMemory<byte> Build(
        ChatRequest request, ServedModel model, ModelSlot? slot, IReadOnlyList<ChatMessage> messages, bool stream, bool wantConfidence)
    {
        var edits = new Dictionary<string, ReadOnlyMemory<byte>?>();
        if (model.Model != request.Model) edits["model"] = Wire.String(model.Model);
        if (!ReferenceEquals(messages, request.Messages)) edits["messages"] = Join(messages);
        if (slot is not null) AddParameters(request, slot, edits);
        if (wantConfidence && !request.Logprobs) edits["logprobs"] = True;
        if (stream)
        {
            if (!request.IncludeUsage) edits["stream_options"] = WithUsage(request);
        }
        else if (request.Stream) edits["stream"] = edits["stream_options"] = null;

        return request.Edit(edits);
    }

    public static ReadOnlyMemory<byte> Join(IReadOnlyList<ChatMessage> messages)
    {
        var output = new MemoryStream(messages.Sum(message => message.Raw.Length + 1) + 2);
        output.WriteByte((byte)'[');
        for (var i = 0; i < messages.Count; i++)
        {
            if (i > 0) output.WriteByte((byte)',');
            output.Write(messages[i].Raw.Span);
        }

        output.WriteByte((byte)']');
        return output.ToArray();
    }

    private static void AddParameters(ChatRequest request, ModelSlot slot, Dictionary<string, ReadOnlyMemory<byte>?> edits)
    {
        // A limit of the slot replaces the agent's under either of its names.
        if (slot.MaxTokens is not null)
            foreach (var name in OutputLimits.Where(request.Has)) edits[name] = null;
        foreach (var (name, value) in slot.Parameters) edits[name] = value;
    }

    private static ReadOnlyMemory<byte> WithUsage(ChatRequest request)
    {
        var given = request.Value("stream_options");
        var options = given.Length > 0 && given.Span[0] == (byte)'{' ? JsonNode.Parse(given.Span)!.AsObject() : [];
        options["include_usage"] = true;
        return Encoding.UTF8.GetBytes(options.ToJsonString());
    }
}
