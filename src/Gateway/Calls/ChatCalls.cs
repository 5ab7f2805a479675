using System.Text;
using Espalier.Contracts.Traces;
using Espalier.Core.Shared;
using Espalier.Gateway.Accounting;
using Espalier.Gateway.Ingress.OpenAiChat;
using Espalier.Gateway.Policies;
using Espalier.Gateway.Providers;
using Microsoft.Extensions.Options;

namespace Espalier.Gateway.Calls;

/// <summary>Serves one call of an agent: policies, then as many attempts as it takes, then the model span.</summary>
internal sealed class ChatCalls(
    PolicyCache policies, ModelCatalog models, AttemptBook book, AttemptRunner runner, ISpanSink spans, TimeProvider time, IOptions<GatewayOptions> options)
{
    /// <summary>The whole answer; null when it was streamed through <paramref name="output"/>.</summary>
    /// <exception cref="ChatRefusal">The gateway refused the call.</exception>
    /// <exception cref="ProviderFailedException">No provider answered.</exception>
    public async Task<ReadOnlyMemory<byte>?> ServeAsync(CallRecord call, ChatRequest request, IChatOutput output, CancellationToken clientGone)
    {
        // A client that went away does not end the work at once: what it costs is still to be learned.
        using var drain = new CancellationTokenSource(Timeout.InfiniteTimeSpan, time);
        await using var goes = clientGone.Register(() => drain.CancelAfter(options.Value.DrainLimit));
        var started = time.GetTimestamp();
        call.Run.CountCall();
        call.Input = Encoding.UTF8.GetString(request.Value("messages").Span);
        try
        {
            return await AnswerAsync(call, request, output, drain.Token, clientGone);
        }
        catch (Exception e)
        {
            call.Error ??= e is OperationCanceledException ? "the client went away" : e.Message;
            throw;
        }
        finally
        {
            var span = call.NewSpan(call.SpanId, call.Run.Context.ParentSpan, SpanKind.Model, "chat", call.Start, time.GetElapsedTime(started));
            await spans.AddAsync(
                span with { Input = call.Input, Output = call.Output, Error = call.Error, Model = call.Model, Confidence = call.Confidence }, CancellationToken.None);
        }
    }

    private async Task<ReadOnlyMemory<byte>?> AnswerAsync(
        CallRecord call, ChatRequest request, IChatOutput output, CancellationToken cancellationToken, CancellationToken clientGone)
    {
        var (version, messages) = await ApplyPoliciesAsync(call, request, cancellationToken);
        var slot = version.Slots.GetValueOrDefault(request.Model);
        var changed = ReferenceEquals(messages, request.Messages) ? null : Encoding.UTF8.GetString(OutgoingRequest.Join(messages).Span);
        var steps = version.Route(request.Model);
        for (var i = 0; ; i++)
        {
            var last = i == steps.Count - 1;
            var model = models.Find(steps[i].Model) ?? throw ChatRefusal.UnknownModel(steps[i].Model, Advice(version));
            var stream = request.Stream && last;
            var job = new AttemptJob
            {
                Call = call,
                Model = model,
                Role = steps.Count > 1 ? AttemptRole.Cascade : AttemptRole.Primary,
                Body = OutgoingRequest.Build(request, model, slot, messages, stream, wantConfidence: !last),
                OutputTokens = book.OutputTokens(slot?.MaxTokens ?? request.MaxTokens, request.Choices),
                ChangedMessages = changed,
                ClientGone = clientGone,
            };
            if (stream)
            {
                await runner.StreamAsync(job, output, request.IncludeUsage, cancellationToken);
                return null;
            }

            try
            {
                var (body, reading) = await runner.CompleteAsync(job, cancellationToken);
                if (!last && (reading.Confidence ?? 0) < steps[i].Below) continue;
                (call.Model, call.Output, call.Confidence) = (model.FullName, reading.Output, reading.Confidence);
                if (!last && !request.Logprobs) body = ReplyReading.WithoutLogprobs(body);
                if (!request.Stream) return body;
                foreach (var streamed in CompletionEvents.Of(body, request.IncludeUsage)) await output.WriteAsync(streamed);
                return null;
            }
            catch (ProviderFailedException) when (!last && !clientGone.IsCancellationRequested)
            {
                // A cheap model that is down is a cheap model that is not sure.
            }
        }
    }

    private async Task<(VersionPolicies Version, IReadOnlyList<ChatMessage> Messages)> ApplyPoliciesAsync(
        CallRecord call, ChatRequest request, CancellationToken cancellationToken)
    {
        var run = call.Run.Context;
        try
        {
            var version = await policies.GetAsync(run.Agent, run.Version, cancellationToken);
            var messages = request.Messages;
            foreach (var memory in version.Memory)
                if (memory.Slot is null || memory.Slot == request.Model) messages = await memory.ApplyAsync(messages, run, cancellationToken);
            return (version, messages);
        }
        catch (Refusal refusal)
        {
            call.Run.Refused(refusal.Message, byBudget: false);
            throw ChatRefusal.Invalid(refusal.Message, code: "policy_invalid");
        }
    }

    private string Advice(VersionPolicies version) =>
        version.Slots.Count == 0 ? models.Advice() : $"Model slots of this version: {string.Join(", ", version.Slots.Keys)}. {models.Advice()}";
}
