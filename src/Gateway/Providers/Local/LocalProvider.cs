using System.Security.Cryptography;
using System.Text;
using Espalier.Core.Agents;
using Espalier.Gateway.Formats;
using Espalier.Gateway.Formats.Prompts;
using Espalier.Gateway.Providers.Keys;
using Espalier.Gateway.Text;

namespace Espalier.Gateway.Providers.Local;

/// <summary>Small in-context learners that run in this process: they read the messages, learn from the labelled examples in them and
/// answer with one of the allowed labels. They know nothing else.</summary>
/// <remarks>What was learned from a prompt's beginning (everything but the query) is kept by its content, so a long prompt is read once.
/// Deterministic: equal requests give equal answers, whatever temperature or seed they ask for.</remarks>
internal sealed class LocalProvider(TimeProvider time) : IProvider
{
    private const int KeptPrompts = 64;

    private readonly BoundedCache<string, Lazy<PromptModel>> _learned = new(KeptPrompts);

    public static IReadOnlyDictionary<string, (TextFeatures Features, Vote Vote)> Learners { get; } = new Dictionary<string, (TextFeatures, Vote)>
    {
        ["word-nn"] = (Features.Words, new Vote(ExamplePower: 1)),
        ["char-nn"] = (Features.CharacterGrams, new Vote(ExamplePower: 2)),
    };

    public string Name => "local";

    public IReadOnlyList<string> Models { get; } = [.. Learners.Keys.Select(name => $"local/{name}")];

    public bool IsVendor => false;

    public IReadOnlyList<string> Formats { get; } = [WireFormats.OpenAiChat];

    public bool StreamOptions => true;

    public UpstreamKeys? Keys => null;

    public bool Serves(string model) => Learners.ContainsKey(model);

    public bool Supports(Operation operation) => operation == Operation.Answer;

    public Task<ProviderReply> SendAsync(ProviderRequest request, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        var chat = WireFormats.All[WireFormats.OpenAiChat].Parse(request.Body, default);
        if (chat.Choices > 1)
        {
            var failure = new ProviderFailure { Status = 400, Message = $"n is {chat.Choices}; local models give one choice. Leave n out." };
            return Task.FromResult<ProviderReply>(new ProviderReply.Failed(failure));
        }

        var reply = new LocalReply(chat, Answer(request.Model, chat), time.GetUtcNow());
        return Task.FromResult<ProviderReply>(
            request.Stream ? new ProviderReply.Streaming(reply.Events()) : new ProviderReply.Completed(reply.Body()));
    }

    internal LocalAnswer? Answer(string model, WireRequest chat)
    {
        var query = chat.Prompt.LastUserIndex;
        if (query < 0) return null;
        var key = Key(model, chat.Prompt.Messages, query);
        var learned = _learned.GetOrAdd(key, _ => new Lazy<PromptModel>(() => Learn(model, chat.Prompt.Messages, query)));
        return learned.Value.Answer(LabelledExamples.Remove(chat.Prompt.Messages[query].Text));
    }

    private static PromptModel Learn(string model, IReadOnlyList<PromptMessage> messages, int query)
    {
        var instructions = string.Join('\n', messages.Where(message => message.IsInstruction).Select(message => message.Text));
        // The query may bring examples of its own; its key covers them.
        var examples = messages.Where((message, i) => i != query || HasExamples(message)).SelectMany(message => LabelledExamples.Parse(message.Text));
        return Learn(model, AllowedLabels.Parse(instructions), [.. examples]);
    }

    internal static PromptModel Learn(string model, IReadOnlyList<AllowedLabel> labels, IReadOnlyList<LabelledExample> examples)
    {
        var (features, vote) = Learners[model];
        return new PromptModel(labels, examples, features, vote);
    }

    private static string Key(string model, IReadOnlyList<PromptMessage> messages, int query)
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        hash.AppendData(Encoding.UTF8.GetBytes(model));
        for (var i = 0; i < messages.Count; i++)
        {
            if (i == query && !HasExamples(messages[i])) continue;
            hash.AppendData(messages[i].Raw.Span);
            hash.AppendData([0]);
        }

        return Convert.ToHexString(hash.GetHashAndReset());
    }

    private static bool HasExamples(PromptMessage message) => message.Text.Contains("<examples>", StringComparison.Ordinal);
}
