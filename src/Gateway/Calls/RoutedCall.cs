using System.Text;
using Espalier.Contracts.Traces;
using Espalier.Gateway.Accounting;
using Espalier.Gateway.Calls.Affinity;
using Espalier.Gateway.Calls.Fallbacks;
using Espalier.Gateway.Formats;
using Espalier.Gateway.Formats.Prompts;
using Espalier.Gateway.Policies.Checks;
using Espalier.Gateway.Policies.Guardrails;
using Espalier.Gateway.Policies.Models;
using Espalier.Gateway.Policies.Routes;
using Espalier.Gateway.Providers;

namespace Espalier.Gateway.Calls;

/// <summary>One call on its way to models: all that a route may do with it. A route shows one answer, once.</summary>
internal sealed class RoutedCall
{
    private readonly Lock _lock = new();
    private readonly List<RouteDecision> _decisions = [];
    private string? _changed;

    public required CallRecord Record { get; init; }

    public required WireRequest Request { get; init; }

    /// <summary>The messages as memory made them.</summary>
    public required Prompt Prompt { get; init; }

    public required RouteQuestion Question { get; init; }

    /// <summary>The slot that was asked for; null when a model was.</summary>
    public required ModelSlot? Slot { get; init; }

    public required SideModels Side { get; init; }

    public required IReplyOutput Output { get; init; }

    /// <summary>Null when nothing is looked at.</summary>
    public required CallGuards? Guards { get; init; }

    public required Dropped Dropped { get; init; }

    /// <summary>Finds a model by name, refuses what the call may not be given, and makes the job of asking it.</summary>
    public required Func<RoutedCall, ModelAsk, AskedModel> Prepare { get; init; }

    /// <summary>Who is asked when a model fails.</summary>
    public required Func<string, FallbackPlan> Plan { get; init; }

    public required CallAffinity Affinity { get; init; }

    public required AttemptRunner Runner { get; init; }

    public required CancellationToken ClientGone { get; init; }

    /// <summary>The messages as they are sent, JSON, when a policy changed them; else null.</summary>
    public string? ChangedMessages => ReferenceEquals(Prompt, Request.Prompt) ? null : _changed ??= WireRequest.Describe(Prompt);

    /// <summary>The messages as a judge is shown them.</summary>
    public string Conversation => Prompt.Messages.Aggregate(new StringBuilder(), (text, message) => text.Append(message.Role).Append(": ").AppendLine(message.Text)).ToString();

    /// <summary>Keeps something about the call for its span.</summary>
    public void Note(string name, string value)
    {
        lock (_lock) Record.Attributes[name] = value;
    }

    public void Note(RouteDecision decision)
    {
        lock (_lock)
        {
            _decisions.Add(decision);
            RouteDecision.Describe(_decisions, Record.Attributes);
        }
    }

    public ReplyFacts FactsOf(WholeReply reply) => ReplyFacts.Of(reply.Exchange.Read(reply.Body), Question.Tools);

    /// <summary>Asks a model and keeps what it says.</summary>
    /// <param name="model">Its name.</param>
    /// <param name="role">Of the attempt.</param>
    /// <param name="wantConfidence">Whether log probabilities are needed.</param>
    /// <param name="temperature">Instead of the request's, as JSON; null leaves that.</param>
    /// <exception cref="ProviderFailedException">Neither it nor one of its fallbacks answered.</exception>
    public Task<WholeReply> AskAsync(string model, AttemptRole role, bool wantConfidence, string? temperature, CancellationToken cancellationToken) =>
        Plan(model).AskAsync(new ModelAsk(model, role) { WantConfidence = wantConfidence, Temperature = temperature }, ask => AskAsync(ask, cancellationToken), ClientGone);

    /// <summary>Asks a model whose answer is shown whatever it is: streamed when the client wants a stream.</summary>
    /// <exception cref="ProviderFailedException">It did not answer.</exception>
    public Task<ReadOnlyMemory<byte>?> FinishAsync(string model, CancellationToken cancellationToken) => FinishAsync(model, AttemptRole.Primary, cancellationToken);

    /// <exception cref="ProviderFailedException">Neither it nor one of its fallbacks answered.</exception>
    public Task<ReadOnlyMemory<byte>?> FinishAsync(string model, AttemptRole role, CancellationToken cancellationToken) =>
        Plan(model).AskAsync(new ModelAsk(model, role) { Stream = Request.Stream }, ask => FinishAsync(ask, cancellationToken), ClientGone);

    /// <summary>Shows an answer that is here already; null when the client wanted a stream and got one.</summary>
    public async Task<ReadOnlyMemory<byte>?> ShowAsync(WholeReply reply, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        (Record.Model, Record.Output, Record.Confidence) = (reply.Model.FullName, reply.Reading.Output, reply.Reading.Confidence);
        if (Request.Stream) return await TellAsync(reply.Exchange, reply.Body, cancellationToken);
        return reply.Exchange.Answer(await LookAtAsync(reply.Exchange, reply.Body, cancellationToken));
    }

    private async Task<ReadOnlyMemory<byte>?> TellAsync(Exchange exchange, ReadOnlyMemory<byte> body, CancellationToken cancellationToken)
    {
        await exchange.TellAsync(await LookAtAsync(exchange, body, cancellationToken), Output);
        return null;
    }

    private Task<ReadOnlyMemory<byte>> LookAtAsync(Exchange exchange, ReadOnlyMemory<byte> body, CancellationToken cancellationToken) =>
        Guards is { OnOutput: true } guards ? guards.OutputAsync(body, exchange.Read(body), cancellationToken) : Task.FromResult(body);

    private async Task<WholeReply> AskAsync(ModelAsk ask, CancellationToken cancellationToken)
    {
        var asked = Prepare(this, ask);
        var (body, reading) = await Runner.CompleteAsync(asked.Job, cancellationToken);
        return new WholeReply(asked.Exchange, asked.Job.Model, body, reading);
    }

    private async Task<ReadOnlyMemory<byte>?> FinishAsync(ModelAsk ask, CancellationToken cancellationToken)
    {
        if (!ask.Stream) return await ShowAsync(await AskAsync(ask, cancellationToken), cancellationToken);
        var asked = Prepare(this, ask);
        var guarded = Guards?.Guard(Output);
        if (await Runner.StreamAsync(asked.Job, asked.Exchange.Output(guarded ?? Output), asked.Exchange.ShowsUsage, cancellationToken) is { } whole)
            return await TellAsync(asked.Exchange, whole, cancellationToken);
        if (guarded is not null) await guarded.EndAsync();
        return null;
    }
}

/// <summary>What is asked of one model.</summary>
/// <param name="Model">Its name.</param>
/// <param name="Role">Of the attempt.</param>
internal sealed record ModelAsk(string Model, AttemptRole Role)
{
    public bool Stream { get; init; }

    public bool WantConfidence { get; init; }

    /// <summary>JSON; null leaves the request's.</summary>
    public string? Temperature { get; init; }

    /// <summary>Who may still be asked after it.</summary>
    public FallbackPlan Plan { get; init; } = FallbackPlan.None;
}

internal readonly record struct AskedModel(Exchange Exchange, AttemptJob Job);
