using Espalier.Contracts.Traces;
using Espalier.Gateway.Accounting;
using Espalier.Gateway.Calls.Caching;
using Espalier.Gateway.Calls.Retries;
using Espalier.Gateway.Formats.Events;
using Espalier.Gateway.Formats.Readings;
using Espalier.Gateway.Ingress;
using Espalier.Gateway.Providers;
using Microsoft.Extensions.Options;

namespace Espalier.Gateway.Calls;

/// <summary>Makes attempts at one model until one is answered or no more are allowed. Tries again only while the client has seen nothing.</summary>
internal sealed class AttemptRunner(AttemptBook book, CacheHits hits, TimeProvider time, IOptions<GatewayOptions> options)
{
    /// <summary>A crashed attempt: it may have been billed, so it is counted by estimate.</summary>
    private static AttemptResult Abandoned => new() { Billed = true, Error = "abandoned before its end", IsGivenUp = true };

    /// <summary>Nobody waits any more.</summary>
    private static AttemptResult Cancelled => new() { Billed = true, IsCancelled = true, IsGivenUp = true };

    /// <exception cref="ProviderFailedException">No try was answered.</exception>
    public async Task<(ReadOnlyMemory<byte> Body, ReplyReading Reading)> CompleteAsync(AttemptJob job, CancellationToken cancellationToken)
    {
        var recorder = hits.Record(job);
        if (hits.Find(job) is { } kept)
        {
            var (started, repeated) = (time.GetTimestamp(), job.NewReading());
            repeated.TryReadWhole(kept.Body);
            await hits.NoteAsync(job, repeated, started);
            return (kept.Body, repeated);
        }

        var tries = new Tries(job, options.Value, time);
        while (true)
        {
            var (attempt, request) = await OpenAsync(job, tries, cancellationToken);
            var result = Abandoned;
            ProviderFailure? failure = null;
            try
            {
                var reply = await job.Model.Provider.SendAsync(request, cancellationToken);
                var reading = job.NewReading();
                if (reply is ProviderReply.Completed completed)
                {
                    if (reading.TryReadWhole(completed.Body))
                    {
                        if (!IsFiltered(job, reading))
                        {
                            result = Result(reading, job.ClientGone.IsCancellationRequested);
                            job.Answered(reading, tries.KeyId);
                            recorder.Keep(reading, completed.Body);
                            return (completed.Body, reading);
                        }

                        failure = Filtered();
                    }
                    else failure = NoReply(reading);
                }
                else failure = ((ProviderReply.Failed)reply).Failure;

                result = Result(failure, reading);
            }
            catch (OperationCanceledException)
            {
                result = Cancelled;
                throw;
            }
            finally
            {
                await CloseAsync(tries, attempt, result, failure);
            }

            await tries.NextAsync(failure, cancellationToken);
        }
    }

    /// <summary>Streams an answer to its end. Null when the provider answered in one piece although it was asked to stream: then that is returned.</summary>
    /// <exception cref="ProviderFailedException">No try was answered.</exception>
    public async Task<ReadOnlyMemory<byte>?> StreamAsync(AttemptJob job, IReplyOutput output, bool includeUsage, CancellationToken cancellationToken)
    {
        if (hits.Find(job) is { } kept) return await RepeatAsync(job, kept, output, includeUsage);
        var tries = new Tries(job, options.Value, time);
        while (true)
        {
            var (attempt, request) = await OpenAsync(job, tries, cancellationToken);
            var reading = job.NewReading();
            var recorder = hits.Record(job);
            var result = Abandoned;
            var held = new HeldOutput(output);
            ProviderFailure? failure = null;
            long? drained = null;
            try
            {
                var reply = await job.Model.Provider.SendAsync(request, cancellationToken);
                if (reply is ProviderReply.Streaming streaming)
                {
                    await foreach (var streamed in streaming.Events.WithCancellation(cancellationToken))
                    {
                        var onlyUsage = reading.ReadEvent(streamed);
                        recorder.Add(streamed);
                        if (job.ClientGone.IsCancellationRequested && reading.OutputBytes - (drained ??= reading.OutputBytes) > options.Value.DrainBytes) throw new OperationCanceledException(job.ClientGone);
                        if (reading.HasBegun) streaming.Limits?.Begin();
                        if (onlyUsage && !includeUsage) continue;
                        if (reading.Error is { } error && failure is null)
                        {
                            failure = InStream(error, streamed.Data);
                            // An error before any content is an error like any other, and may be tried again.
                            if (!held.HasBegun) throw new ProviderStreamException(failure, null);
                        }

                        if (!held.HasBegun && IsFiltered(job, reading)) throw new ProviderStreamException(Filtered(), null);
                        await held.WriteAsync(streamed, reading.HasBegun);
                    }

                    // A stream that told of an error has ended, and has told the client so.
                    if (!reading.IsComplete && reading.Error is null) throw Broken("The model server ended its stream in the middle of the answer.", null);
                    await held.ReleaseAsync();
                    if (output is TranslatedOutput translated && reading.Error is null) await translated.EndAsync();
                    result = Result(reading, job.Call.IsLost) with { Failure = failure is null ? null : FailureClasses.Word(failure.Class) };
                    Tell(job, reading, tries.KeyId);
                    recorder.Keep(reading);
                    return null;
                }

                if (reply is ProviderReply.Completed completed)
                {
                    if (reading.TryReadWhole(completed.Body))
                    {
                        if (IsFiltered(job, reading)) throw new ProviderStreamException(Filtered(), null);
                        result = Result(reading, job.ClientGone.IsCancellationRequested);
                        Tell(job, reading, tries.KeyId);
                        recorder.Keep(reading, completed.Body);
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
                result = Result(reading, cancelled: true) with { IsGivenUp = true };
                throw;
            }
            finally
            {
                await CloseAsync(tries, attempt, result, failure);
            }

            if (held.HasBegun)
            {
                await EndBrokenAsync(job, reading, output, failure);
                return null;
            }

            await tries.NextAsync(failure, cancellationToken);
        }
    }

    /// <summary>Streams a kept reply as if it had just come.</summary>
    private async Task<ReadOnlyMemory<byte>?> RepeatAsync(AttemptJob job, CachedReply kept, IReplyOutput output, bool includeUsage)
    {
        var (started, reading) = (time.GetTimestamp(), job.NewReading());
        if (kept.Events.Count == 0) reading.TryReadWhole(kept.Body);
        foreach (var streamed in kept.Events) reading.ReadEvent(streamed);
        // Before the first byte: the headers tell of it.
        await hits.NoteAsync(job, reading, started);
        Tell(job, reading, null);
        if (kept.Events.Count == 0) return kept.Body;
        var filter = job.NewReading();
        foreach (var streamed in kept.Events)
            if (!filter.ReadEvent(streamed) || includeUsage) await output.WriteAsync(streamed);
        if (output is TranslatedOutput translated) await translated.EndAsync();
        return null;
    }

    private async Task<(Attempt Attempt, ProviderRequest Request)> OpenAsync(AttemptJob job, Tries tries, CancellationToken cancellationToken)
    {
        var request = tries.Begin();
        var role = tries.Count == 0 ? job.Role : AttemptRole.Retry;
        Attempt attempt;
        try
        {
            attempt = await book.OpenAsync(job.Call, job.Model, role, job.Request.Body, job.OutputTokens, job.ChangedMessages, cancellationToken);
        }
        catch
        {
            tries.End(null, answered: false);
            throw;
        }

        return (attempt with { Key = tries.KeyName, IsProbe = tries.IsProbe, Tried = job.Call.Try(job.Model.FullName, role) }, request);
    }

    private async Task CloseAsync(Tries tries, Attempt attempt, AttemptResult result, ProviderFailure? failure)
    {
        var answered = result is { Error: null, IsGivenUp: false };
        tries.End(failure, answered);
        attempt.Tried!.Outcome = result.Failure ?? (answered ? "ok" : "given_up");
        await book.CloseAsync(attempt, result);
    }

    private static void Tell(AttemptJob job, ReplyReading reading, string? key)
    {
        job.Answered(reading, key);
        (job.Call.Model, job.Call.Output, job.Call.Confidence) = (job.Model.FullName, reading.Output, reading.Confidence);
        job.Call.Error = reading.Error;
        if (reading.Error is { } error) job.Call.Run.ProviderFailed(error);
    }

    private static AttemptResult Result(ReplyReading reading, bool cancelled) => new()
    {
        // What is still worked on is billed when it is fetched.
        Billed = reading.Usage.Finished,
        Reported = reading.Usage,
        OutputBytes = reading.OutputBytes,
        Error = reading.Error,
        Confidence = reading.Confidence,
        Output = reading.Output,
        FinishReason = reading.FinishReason,
        Tokens = reading.Tokens,
        IsCancelled = cancelled,
    };

    private static AttemptResult Result(ProviderFailure failure, ReplyReading reading) =>
        Result(reading, cancelled: false) with { Billed = failure.MayBeBilled && reading.Usage.Finished, Error = failure.Message, Failure = FailureClasses.Word(failure.Class) };

    private static ProviderFailure NoReply(ReplyReading reading) => new()
    {
        Status = 502,
        Message = $"The model server answered 200 with something that is no reply of its kind{(reading.Error is { } error ? $": {error}" : "")}.",
        Class = FailureClass.ServerError,
        MayBeBilled = true,
    };

    private static ProviderStreamException Broken(string message, ReadOnlyMemory<byte>? body) =>
        new(new ProviderFailure { Status = 502, Message = message, Body = body, Class = FailureClass.ServerError, MayRetry = true, MayBeBilled = true }, null);

    private static ProviderFailure InStream(string message, ReadOnlyMemory<byte> said)
    {
        var kind = FailureClasses.Of(200, said.Span);
        return new ProviderFailure
        {
            Status = kind switch
            {
                FailureClass.RateLimit => 429,
                FailureClass.Overloaded => 503,
                FailureClass.Timeout => 504,
                FailureClass.Request or FailureClass.ContentFilter or FailureClass.ContextLength => 400,
                _ => 502,
            },
            Message = message,
            Body = said.ToArray(),
            Class = kind,
            MayRetry = kind is FailureClass.RateLimit or FailureClass.Overloaded or FailureClass.ServerError,
            MayBeBilled = true,
        };
    }

    // Only where somebody else is to be asked then: an empty answer with its reason is an answer.
    private static bool IsFiltered(AttemptJob job, ReplyReading reading) =>
        job.FallsBack(FailureClass.ContentFilter) && FailureClasses.IsFiltered(reading.FinishReason) && reading.Output.Length == 0;

    private static ProviderFailure Filtered() =>
        new() { Status = 400, Message = "The model server did not want to answer this.", Class = FailureClass.ContentFilter, MayBeBilled = true };

    private static async Task EndBrokenAsync(AttemptJob job, ReplyReading reading, IReplyOutput output, ProviderFailure failure)
    {
        job.Call.Error = failure.Message;
        job.Call.Output = reading.Output;
        job.Call.Run.ProviderFailed(failure.Message);
        // The status is sent already; an error event is how each wire says it afterwards.
        await output.WriteAsync(new StreamEvent(default, job.ErrorEvent(CallRefusal.ProviderFailed(failure))) { IsOwn = true });
    }
}
