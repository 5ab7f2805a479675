using System.Text.Json;
using Espalier.Contracts.Traces;

namespace Espalier.Core.Traces.Messages;

/// <summary>Collects what a model answered: its text, its thoughts, the tools that it asked for.</summary>
internal sealed class ModelAnswer : IMessageSink
{
    private readonly List<RequestedTool> _tools = [];
    private readonly List<string> _reasons = [];
    private readonly List<string> _texts = [];
    private readonly List<string> _thoughts = [];
    private bool _isFirst;

    public int Messages { get; private set; }

    /// <summary>True when some part was neither text, thought nor call.</summary>
    public bool HasMore { get; private set; }

    /// <summary>Parts of one message are pieces of one text; messages are told one under the other.</summary>
    public string? Text => _texts.Count == 0 ? null : string.Join('\n', _texts);

    public string? Thinking => _thoughts.Count == 0 ? null : string.Join('\n', _thoughts);

    /// <summary>Empty when messages were read and no tool was asked for; null when none were read.</summary>
    public IReadOnlyList<RequestedTool>? Tools => Messages == 0 ? null : [.. _tools];

    public IReadOnlyList<string>? FinishReasons => _reasons.Count == 0 ? null : [.. _reasons];

    public void Start()
    {
        Messages = 0;
        HasMore = false;
        _tools.Clear();
        _reasons.Clear();
        _texts.Clear();
        _thoughts.Clear();
    }

    public void Begin(string role)
    {
        Messages++;
        _isFirst = true;
    }

    public void End(string? finishReason)
    {
        if (!string.IsNullOrEmpty(finishReason)) _reasons.Add(finishReason);
    }

    void IMessageSink.Text(string text)
    {
        if (_isFirst) _texts.Add(text);
        else _texts[^1] += text;
        _isFirst = false;
    }

    void IMessageSink.Reasoning(string text)
    {
        if (text.Length > 0) _thoughts.Add(text);
    }

    public void ToolCall(string? id, string name, JsonElement arguments)
    {
        if (id is not null && _tools.Exists(tool => tool.Id == id)) return;
        _tools.Add(new RequestedTool { Id = id, Name = name, Arguments = Json.Plain(arguments) });
    }

    public void ToolResult(string? id, JsonElement result) => HasMore = true;

    public void Other(JsonElement part) => HasMore = true;
}
