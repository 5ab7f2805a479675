using System.Buffers;
using Espalier.Contracts.Traces;

namespace Espalier.Core.Traces.Redaction;

/// <summary>Redacts the texts of spans and feedback. What has nothing to redact comes back as the same instance.</summary>
/// <remarks>Ids, times, names of models and tools, usage and cost stay: they are what traces join and count by. User and conversation stay too,
/// unless they are themselves an address or a number of a person.</remarks>
public sealed class SpanRedaction(IRedactor redactor)
{
    // Fields that hold nothing but a secret, by how their names end.
    private static readonly string[] SecretEndings =
        ["authorization", "cookie", "api-key", "api_key", "apikey", "password", "client_secret", "access_token"];

    private static readonly SearchValues<string> Secrets = SearchValues.Create(SecretEndings, StringComparison.OrdinalIgnoreCase);

    // Kept, so that a span without findings costs no memory.
    private readonly Func<string, string> _redact = redactor.Redact;
    private readonly Func<RequestedTool, RequestedTool> _redactTool = tool => Apply(tool, redactor);
    private readonly Func<RetrievedDocument, RetrievedDocument> _redactDocument = document => Apply(document, redactor);

    public Span Apply(Span span) => Apply(span, null);

    /// <param name="span">What is to be redacted.</param>
    /// <param name="seen">What became of texts that other spans share with this one, by instance; null when none do.</param>
    internal Span Apply(Span span, Dictionary<string, string>? seen)
    {
        var error = Text(span.Error);
        var input = Text(span.Input, seen);
        var output = Text(span.Output, seen);
        var name = redactor.Redact(span.Name);
        var user = Identity(span.User);
        var conversation = Identity(span.Conversation);
        var details = Apply(span.Details);
        var attributes = Apply(span.Attributes);
        return ReferenceEquals(error, span.Error) && ReferenceEquals(input, span.Input) && ReferenceEquals(output, span.Output)
            && ReferenceEquals(name, span.Name) && ReferenceEquals(user, span.User) && ReferenceEquals(conversation, span.Conversation)
            && ReferenceEquals(details, span.Details) && ReferenceEquals(attributes, span.Attributes)
            ? span
            : span with
            {
                Error = error, Input = input, Output = output, Name = name, User = user, Conversation = conversation, Details = details, Attributes = attributes,
            };
    }

    public Feedback Apply(Feedback feedback)
    {
        var comment = Text(feedback.Comment);
        var label = Text(feedback.Label);
        var demonstration = Text(feedback.Demonstration);
        var conversation = Identity(feedback.Conversation);
        return ReferenceEquals(comment, feedback.Comment) && ReferenceEquals(label, feedback.Label)
            && ReferenceEquals(demonstration, feedback.Demonstration) && ReferenceEquals(conversation, feedback.Conversation)
            ? feedback
            : feedback with { Comment = comment, Label = label, Demonstration = demonstration, Conversation = conversation };
    }

    /// <summary>An id as it is stored: for asking by it.</summary>
    public string? Identity(string? id) => id is null ? null : redactor.RedactWhole(id);

    /// <summary>A text as it is stored.</summary>
    public string? Text(string? text) => text is null ? null : redactor.Redact(text);

    private string? Text(string? text, Dictionary<string, string>? seen)
    {
        if (text is null || seen is null) return Text(text);
        if (!seen.TryGetValue(text, out var redacted)) seen[text] = redacted = redactor.Redact(text);
        return redacted;
    }

    private SpanDetails? Apply(SpanDetails? details)
    {
        if (details is null) return null;
        var thinking = Text(details.Thinking);
        var definitions = Text(details.ToolDefinitions);
        var tools = Each(details.RequestedTools, _redactTool);
        var documents = Each(details.Documents, _redactDocument);
        var tags = Each(details.Tags, _redact);
        var oddities = Each(details.Oddities, _redact);
        return ReferenceEquals(thinking, details.Thinking) && ReferenceEquals(definitions, details.ToolDefinitions)
            && ReferenceEquals(tools, details.RequestedTools) && ReferenceEquals(documents, details.Documents)
            && ReferenceEquals(tags, details.Tags) && ReferenceEquals(oddities, details.Oddities)
            ? details
            : details with { Thinking = thinking, ToolDefinitions = definitions, RequestedTools = tools, Documents = documents, Tags = tags, Oddities = oddities };
    }

    private static RequestedTool Apply(RequestedTool tool, IRedactor redactor)
    {
        var arguments = tool.Arguments is null ? null : redactor.Redact(tool.Arguments);
        return ReferenceEquals(arguments, tool.Arguments) ? tool : tool with { Arguments = arguments };
    }

    private static RetrievedDocument Apply(RetrievedDocument document, IRedactor redactor)
    {
        var content = document.Content is null ? null : redactor.Redact(document.Content);
        return ReferenceEquals(content, document.Content) ? document : document with { Content = content };
    }

    private IReadOnlyDictionary<string, string> Apply(IReadOnlyDictionary<string, string> attributes)
    {
        Dictionary<string, string>? changed = null;
        if (attributes is Dictionary<string, string> plain)
        {
            // Its own enumerator is no object.
            foreach (var attribute in plain) Apply(attribute, attributes, ref changed);
        }
        else
        {
            foreach (var attribute in attributes) Apply(attribute, attributes, ref changed);
        }

        return changed ?? attributes;
    }

    /// <summary>A list of ids of tokens, or of their log probabilities: numbers of at most eight digits before the point.</summary>
    internal static bool IsTokens(KeyValuePair<string, string> attribute)
    {
        if (!attribute.Key.StartsWith("tokens.", StringComparison.Ordinal) || attribute.Value is not ['[', .., ']']) return false;
        var (digits, fraction) = (0, false);
        foreach (var c in attribute.Value.AsSpan(1..^1))
        {
            if (c == ',') (digits, fraction) = (0, false);
            else if (c == '.') fraction = true;
            else if (char.IsAsciiDigit(c)) digits += fraction ? 0 : 1;
            else if (c is not ('-' or '+' or 'e' or 'E')) return false;
            if (digits > 8) return false;
        }

        return true;
    }

    private void Apply(KeyValuePair<string, string> attribute, IReadOnlyDictionary<string, string> all, ref Dictionary<string, string>? changed)
    {
        // Numbers of tokens look like numbers of people when enough of them stand in a row.
        if (IsTokens(attribute)) return;
        var redacted = IsSecret(attribute.Key) ? redactor.Hide(attribute.Value) : redactor.Redact(attribute.Value);
        if (ReferenceEquals(redacted, attribute.Value)) return;
        changed ??= new Dictionary<string, string>(all);
        changed[attribute.Key] = redacted;
    }

    private static IReadOnlyList<T>? Each<T>(IReadOnlyList<T>? list, Func<T, T> apply)
        where T : class
    {
        if (list is null) return null;
        List<T>? changed = null;
        for (var i = 0; i < list.Count; i++)
        {
            var one = apply(list[i]);
            if (ReferenceEquals(one, list[i])) continue;
            changed ??= [.. list];
            changed[i] = one;
        }

        return changed ?? list;
    }

    private static bool IsSecret(string name)
    {
        var found = name.AsSpan().IndexOfAny(Secrets);
        if (found < 0) return false;
        foreach (var ending in SecretEndings)
        {
            if (name.EndsWith(ending, StringComparison.OrdinalIgnoreCase)) return true;
        }

        return false;
    }
}
