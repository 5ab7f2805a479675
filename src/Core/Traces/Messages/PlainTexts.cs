using System.Text.Json;

namespace Espalier.Core.Traces.Messages;

/// <summary>Finds the one text for people in what an agent was given or gave back.</summary>
internal static class PlainTexts
{
    /// <summary>Null when it is nothing of the kind, and the JSON itself is what there is to show.</summary>
    public static string? Of(JsonElement told, bool isOutput, CanonicalMessages canonical, ModelAnswer answer)
    {
        if (told.ValueKind == JsonValueKind.Array && told.GetArrayLength() == 1 && told[0].ValueKind == JsonValueKind.String) return told[0].GetString();
        if (told.ValueKind == JsonValueKind.Object && Single(told) is { } single) return single;
        if (told.ValueKind == JsonValueKind.Object && isOutput && Json.Text(told, "text", "answer", "final_output", "finalOutput", "output", "response", "result") is { Length: > 0 } named) return named;
        if (told.ValueKind == JsonValueKind.Object && !isOutput && Json.Text(told, "question", "query", "user_input", "prompt", "input", "message") is { Length: > 0 } asked) return asked;
        if (told.ValueKind is not (JsonValueKind.Object or JsonValueKind.Array) || !MessageShapes.IsKnown(told)) return null;
        if (isOutput)
        {
            answer.Start();
            var messages = new LastAnswer(answer);
            MessageShapes.Read(told, "assistant", messages);
            return answer.Text;
        }

        canonical.Start();
        MessageShapes.Read(told, "user", canonical);
        _ = canonical.Finish();
        return canonical.LastUserText;
    }

    // {"question": "..."}, {"args": ["..."], "kwargs": {}}
    private static string? Single(JsonElement told)
    {
        if (Json.Get(told, "args") is { ValueKind: JsonValueKind.Array } args && Json.Get(told, "kwargs") is { ValueKind: JsonValueKind.Object } kwargs)
        {
            if (args.GetArrayLength() == 1 && !kwargs.EnumerateObject().MoveNext())
                return args[0].ValueKind == JsonValueKind.String ? args[0].GetString() : args[0].ValueKind == JsonValueKind.Object ? Single(args[0]) : null;
            return args.GetArrayLength() == 0 ? Single(kwargs) : null;
        }

        var members = told.EnumerateObject();
        if (!members.MoveNext()) return null;
        var first = members.Current;
        return members.MoveNext() || first.Value.ValueKind != JsonValueKind.String ? null : first.Value.GetString();
    }

    /// <summary>Of several messages, as of a whole conversation, the answer is the last that the assistant said something in.</summary>
    private sealed class LastAnswer(ModelAnswer answer) : IMessageSink
    {
        private bool _isAnswer;

        public void Begin(string role)
        {
            _isAnswer = role is "assistant" or "";
            if (_isAnswer) answer.Start();
            answer.Begin(role);
        }

        public void Text(string text)
        {
            if (_isAnswer) ((IMessageSink)answer).Text(text);
        }

        public void Reasoning(string text)
        {
        }

        public void ToolCall(string? id, string name, JsonElement arguments)
        {
        }

        public void ToolResult(string? id, JsonElement result)
        {
        }

        public void Other(JsonElement part)
        {
        }

        public void End(string? finishReason)
        {
        }
    }
}
