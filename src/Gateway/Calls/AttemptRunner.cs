using Espalier.Contracts.Traces;
using Espalier.Gateway.Accounting;
using Espalier.Gateway.Ingress.OpenAiChat;
using Espalier.Gateway.Providers;
using Microsoft.Extensions.Options;

namespace Espalier.Gateway.Calls;

/// <summary>Makes attempts at one model until one is answered or no more are allowed. Tries again only while the client has seen nothing.</summary>
internal sealed class AttemptRunner(AttemptBook book, TimeProvider time, IOptions<GatewayOptions> options)
{
    private static readonly TimeSpan FirstDelay = TimeSpan.FromMilliseconds(250);

    public async Task<(ReadOnlyMemory<byte> Body, ReplyReading Reading)> CompleteAsync(AttemptJob job, CancellationToken cancellationToken)
    {
        for (var tries = 0; ; tries++)
        {
            var attempt = await OpenAsync(job, tries, cancellationToken);
            var result = Abandoned;
            ProviderFailure failure;
            try
            {
                var reply = await job.Model.Provider.SendAsync(new ProviderRequest(job.Model.Model, job.Body, Stream: false), cancellationToken);
                if (reply is ProviderReply.Completed completed)
                {
                    if (ReplyReading.Whole(completed.Body) is { } reading)
                    {
                        result = Result(reading, job.ClientGone.IsCancellationRequested);
                        return (completed.Body, reading);
                    }

                    failure = new ProviderFailure { Status = 502, Message = "The model server answered 200 with something that is no chat completion.", MayBeBilled = true };
                }
                else failure = ((ProviderReply.Failed)reply).Failure;

                result = Result(failure, new ReplyReading());
            }
            finally
            {
                await book.CloseAsync(attempt, result);
            }

            await RetryOrThrowAsync(job, failure, tries, cancellationToken);
        }
    }

    public async Task StreamAsync(AttemptJob job, IChatOutput output, bool includeUsage, CancellationToken cancellationToken)
    {
        for (var tries = 0; ; tries++)
        {
            var attempt = await OpenAsync(job, tries, cancellationToken);
            var reading = new ReplyReading();
            var result = Abandoned;
            var begun = false;
            ProviderFailure failure;
            try
            {
                var reply = await job.Model.Provider.SendAsync(new ProviderRequest(job.Model.Model, job.Body, Stream: true), cancellationToken);
                if (reply is ProviderReply.Streaming streaming)
                {
                    await foreach (var streamed in streaming.Events.WithCancellation(cancellationToken))
                    {
                        var onlyUsage = reading.ReadEvent(streamed);
                        if (onlyUsage && !includeUsage) continue;
                        begun = true;
                        await output.WriteAsync(streamed);
                    }

                    result = Result(reading, job.ClientGone.IsCancellationRequested);
                    (job.Call.Model, job.Call.Output, job.Call.Confidence) = (job.Model.FullName, reading.Output, reading.Confidence);
                    job.Call.Error = reading.Error;
                    if (reading.Error is { } error) job.Call.Run.ProviderFailed(error);
                    return;
                }

                failure = ((ProviderReply.Failed)reply).Failure;
                result = Result(failure, reading);
            }
            catch (ProviderStreamException broken)
            {
                failure = broken.Failure;
                result = Result(failure with { MayBeBilled = true }, reading);
            }
            catch (OperationCanceledException)
            {
                result = Result(reading, clientGone: true) with { Error = "the client went away" };
                throw;
            }
            finally
            {
                await book.CloseAsync(attempt, result);
            }

            if (begun)
            {
                await EndBrokenAsync(job, output, failure);
                return;
            }

            await RetryOrThrowAsync(job, failure, tries, cancellationToken);
        }
    }

    /// <summary>A cancelled or crashed attempt: it may have been billed, so it is counted by estimate.</summary>
    private static AttemptResult Abandoned => new() { Billed = true, Error = "abandoned before its end", ClientGone = true };

    private Task<Attempt> OpenAsync(AttemptJob job, int tries, CancellationToken cancellationToken) => book.OpenAsync(
        job.Call, job.Model, tries == 0 ? job.Role : AttemptRole.Retry, job.Body, job.OutputTokens, job.ChangedMessages, cancellationToken);

    private static AttemptResult Result(ReplyReading reading, bool clientGone) => new()
    {
        Billed = true,
        Reported = reading.Reported,
        OutputBytes = reading.OutputBytes,
        Error = reading.Error,
        Confidence = reading.Confidence,
        Output = reading.Output,
        FinishReason = reading.FinishReason,
        ClientGone = clientGone,
    };

    private static AttemptResult Result(ProviderFailure failure, ReplyReading reading) =>
        Result(reading, clientGone: false) with { Billed = failure.MayBeBilled, Error = failure.Message };

    private static async Task EndBrokenAsync(AttemptJob job, IChatOutput output, ProviderFailure failure)
    {
        job.Call.Error = failure.Message;
        job.Call.Run.ProviderFailed(failure.Message);
        // The status is sent already; an error event is how this wire says it afterwards.
        var refusal = new ChatRefusal(failure.Status, "api_error", "provider_failed", failure.Message);
        await output.WriteAsync(new StreamEvent("message", refusal.Body()));
    }

    private async Task RetryOrThrowAsync(AttemptJob job, ProviderFailure failure, int tries, CancellationToken cancellationToken)
    {
        var delay = failure.RetryAfter ?? FirstDelay * (1 << tries);
        if (!failure.MayRetry || tries >= options.Value.MaxRetries || delay > options.Value.MaxRetryDelay || job.ClientGone.IsCancellationRequested)
            throw new ProviderFailedException(failure);
        await Task.Delay(delay, time, cancellationToken);
    }
}
