using System.Text;
using System.Text.Json;
using Espalier.Gateway.Formats.Neutral;
using Espalier.Gateway.Formats.OpenAiChat;

namespace Espalier.Gateway.Formats.OpenAiResponses;

/// <summary>The output of a response as it grows: words that follow each other are one message, a call and a reasoning are elements of their own.</summary>
internal sealed class ResponseItems(string reply)
{
    private readonly List<ResponseElement> _elements = [];

    public int Count => _elements.Count;

    /// <summary>Adds a part; into the message that is open when it says words and the last one did.</summary>
    public (ResponseElement Element, bool IsNew) Add(Part part, IReadOnlyList<TokenLogprob> logprobs)
    {
        var words = part is Part.Text or Part.Refusal;
        var isNew = !words || _elements.Count == 0 || !_elements[^1].IsMessage;
        if (isNew)
        {
            var kind = part switch { Part.Call => "fc", Part.Thinking or Part.Hidden => "rs", _ => "msg" };
            var id = (part as Part.Thinking)?.Id ?? $"{kind}_{reply}_{_elements.Count}";
            _elements.Add(new ResponseElement(_elements.Count, id, words));
        }

        var element = _elements[^1];
        element.Parts.Add(new ResponsePart(part, logprobs));
        return (element, isNew);
    }

    public void Write(Utf8JsonWriter json)
    {
        foreach (var element in _elements) element.Write(json, "completed");
    }
}

/// <summary>One element of a response's output.</summary>
internal sealed class ResponseElement(int index, string id, bool isMessage)
{
    public int Index { get; } = index;

    public string Id { get; } = id;

    public bool IsMessage { get; } = isMessage;

    public List<ResponsePart> Parts { get; } = [];

    public void Write(Utf8JsonWriter json, string status)
    {
        if (!IsMessage)
        {
            if (Parts[0].Told is Part.Call call) ResponsesWriter.WriteCall(json, call, Id, status);
            else ResponsesWriter.WriteReasoning(json, Parts[0].Told, Id);
            return;
        }

        json.WriteStartObject();
        json.WriteString("type", "message");
        json.WriteString("id", Id);
        json.WriteString("status", status);
        json.WriteString("role", "assistant");
        json.WriteStartArray("content");
        if (status == "completed")
            foreach (var part in Parts) part.Write(json);
        json.WriteEndArray();
        json.WriteEndObject();
    }
}

/// <summary>One part of an element, as far as it was told.</summary>
internal sealed class ResponsePart(Part part, IReadOnlyList<TokenLogprob> logprobs)
{
    public StringBuilder Said { get; } = new();

    public string? Signature { get; set; }

    public List<TokenLogprob> Logprobs { get; } = [.. logprobs];

    /// <summary>What it says with everything that was added.</summary>
    public Part Told => part switch
    {
        Part.Text text => text with { Content = text.Content + Said },
        Part.Refusal refusal => refusal with { Content = refusal.Content + Said },
        Part.Call call => call with { Arguments = call.Arguments + Said },
        Part.Thinking thinking => thinking with { Content = thinking.Content + Said, Signature = Signature ?? thinking.Signature },
        _ => part,
    };

    public void Write(Utf8JsonWriter json)
    {
        json.WriteStartObject();
        if (Told is Part.Refusal refusal)
        {
            json.WriteString("type", "refusal");
            json.WriteString("refusal", refusal.Content);
        }
        else
        {
            json.WriteString("type", "output_text");
            json.WriteString("text", ((Part.Text)Told).Content);
            json.WriteStartArray("annotations");
            json.WriteEndArray();
            json.WriteStartArray("logprobs");
            foreach (var token in Logprobs) OpenAiChatReplies.WriteLogprob(json, token);
            json.WriteEndArray();
        }

        json.WriteEndObject();
    }
}
