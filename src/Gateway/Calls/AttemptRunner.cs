using Espalier.Contracts.Traces;
using Espalier.Gateway.Accounting;
using Espalier.Gateway.Formats.Events;
using Espalier.Gateway.Formats.Readings;
using Espalier.Gateway.Ingress.OpenAiChat;
using Espalier.Gateway.Providers;
using Microsoft.Extensions.Options;

namespace Espalier.Gateway.Calls;

/// <summary>Makes attempts at one model until one is answered or no more are allowed. Tries again only while the client has seen nothing.</summary>
internal sealed class AttemptRunner(AttemptBook book, TimeProvider time, IOptions<GatewayOptions> options)
{
    private static readonly TimeSpan FirstDelay = TimeSpan.FromMilliseconds(250);

    /// <summary>A cancelled or crashed attempt: it may have been billed, so it is counted by estimate.</summary>
    private static AttemptResult Abandoned => new() { Billed = true, Error = "abandoned before its end", ClientGone = true };

    /// <exception cref="ProviderFailedException">No try was answered.</exception>
    public async Task<(ReadOnlyMemory<byte> Body, ReplyReading Reading)> CompleteAsync(AttemptJob job, CancellationToken cancellationToken)
    {
        for (var tries = 0; ; tries++)
        {
            var attempt = await OpenAsync(job, tries, cancellationToken);
            var result = Abandoned;
            ProviderFailure failure;
            try
            {
                var reply = await job.Model.Provider.SendAsync(job.Request, cancellationToken);
                var reading = job.NewReading();
                if (reply is ProviderReply.Completed completed)
                {
                    if (reading.TryReadWhole(completed.Body))
                    {
                        result = Result(reading, job.ClientGone.IsCancellationRequested);
                        job.Answered(reading);
                        return (completed.Body, reading);
                    }

                    failure = NoReply(reading);
                }
                else failure = ((ProviderReply.Failed)reply).Failure;

                result = Result(failure, reading);
            }
            finally
            {
                await book.CloseAsync(attempt, result);
            }

            await RetryOrThrowAsync(job, failure, tries, cancellationToken);
        }
    }

    /// <summary>Streams an answer to its end. Null when the provider answered in one piece although it was asked to stream: then that is returned.</summary>
    /// <exception cref="ProviderFailedException">No try was answered.</exception>
    public async Task<ReadOnlyMemory<byte>?> StreamAsync(AttemptJob job, IReplyOutput output, bool includeUsage, CancellationToken cancellationToken)
    {
        for (var tries = 0; ; tries++)
        {
            var attempt = await OpenAsync(job, tries, cancellationToken);
            var reading = job.NewReading();
            var result = Abandoned;
            var begun = false;
            ProviderFailure failure;
            try
            {
                var reply = await job.Model.Provider.SendAsync(job.Request, cancellationToken);
                if (reply is ProviderReply.Streaming streaming)
                {
                    await foreach (var streamed in streaming.Events.WithCancellation(cancellationToken))
                    {
                        var onlyUsage = reading.ReadEvent(streamed);
                        if (onlyUsage && !includeUsage) continue;
                        // An error before anything else is an error like any other, and may be tried again.
                        if (!begun && reading.Error is { } early) throw Broken(early, streamed.Data.ToArray());
                        begun = true;
                        await output.WriteAsync(streamed);
                    }

                    // A stream that told of an error has ended, and has told the client so.
                    if (!reading.IsComplete && reading.Error is null) throw Broken("The model server ended its stream in the middle of the answer.", null);
                    if (output is TranslatedOutput translated && reading.Error is null) await translated.EndAsync();
                    result = Result(reading, job.ClientGone.IsCancellationRequested);
                    Tell(job, reading);
                    return null;
                }

                if (reply is ProviderReply.Completed completed)
                {
                    if (reading.TryReadWhole(completed.Body))
                    {
                        result = Result(reading, job.ClientGone.IsCancellationRequested);
                        Tell(job, reading);
                        return completed.Body;
                    }

                    failure = NoReply(reading);
                }
                else failure = ((ProviderReply.Failed)reply).Failure;

                result = Result(failure, reading);
            }
            catch (BrokenReplyException broken)
            {
                failure = Broken(broken.Message, null).Failure;
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
                await EndBrokenAsync(job, reading, output, failure);
                return null;
            }

            await RetryOrThrowAsync(job, failure, tries, cancellationToken);
        }
    }

    private Task<Attempt> OpenAsync(AttemptJob job, int tries, CancellationToken cancellationToken) => book.OpenAsync(
        job.Call, job.Model, tries == 0 ? job.Role : AttemptRole.Retry, job.Request.Body, job.OutputTokens, job.ChangedMessages, cancellationToken);

    private static void Tell(AttemptJob job, ReplyReading reading)
    {
        job.Answered(reading);
        (job.Call.Model, job.Call.Output, job.Call.Confidence) = (job.Model.FullName, reading.Output, reading.Confidence);
        job.Call.Error = reading.Error;
        if (reading.Error is { } error) job.Call.Run.ProviderFailed(error);
    }

    private static AttemptResult Result(ReplyReading reading, bool clientGone) => new()
    {
        // What is still worked on is billed when it is fetched.
        Billed = reading.Usage.Finished,
        Reported = reading.Usage,
        OutputBytes = reading.OutputBytes,
        Error = reading.Error,
        Confidence = reading.Confidence,
        Output = reading.Output,
        FinishReason = reading.FinishReason,
        ClientGone = clientGone,
    };

    private static AttemptResult Result(ProviderFailure failure, ReplyReading reading) =>
        Result(reading, clientGone: false) with { Billed = failure.MayBeBilled, Error = failure.Message };

    private static ProviderFailure NoReply(ReplyReading reading) => new()
    {
        Status = 502,
        Message = $"The model server answered 200 with something that is no reply of its kind{(reading.Error is { } error ? $": {error}" : "")}.",
        MayBeBilled = true,
    };

    private static ProviderStreamException Broken(string message, ReadOnlyMemory<byte>? body) =>
        new(new ProviderFailure { Status = 502, Message = message, Body = body, MayRetry = true, MayBeBilled = true }, null);

    private static async Task EndBrokenAsync(AttemptJob job, ReplyReading reading, IReplyOutput output, ProviderFailure failure)
    {
        job.Call.Error = failure.Message;
        job.Call.Output = reading.Output;
        job.Call.Run.ProviderFailed(failure.Message);
        // The status is sent already; an error event is how each wire says it afterwards.
        await output.WriteAsync(new StreamEvent(default, job.ErrorEvent(ChatRefusal.ProviderFailed(failure))) { IsOwn = true });
    }

    private async Task RetryOrThrowAsync(AttemptJob job, ProviderFailure failure, int tries, CancellationToken cancellationToken)
    {
        var delay = failure.RetryAfter ?? FirstDelay * (1 << tries);
        if (!failure.MayRetry || tries >= options.Value.MaxRetries || delay > options.Value.MaxRetryDelay || job.ClientGone.IsCancellationRequested)
            throw new ProviderFailedException(failure, job.Request.Format);
        await Task.Delay(delay, time, cancellationToken);
    }
}
