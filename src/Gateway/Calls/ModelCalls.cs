using Espalier.Contracts.Traces;
using Espalier.Core.Shared;
using Espalier.Gateway.Accounting;
using Espalier.Gateway.Calls.Affinity;
using Espalier.Gateway.Calls.Caching;
using Espalier.Gateway.Calls.Fallbacks;
using Espalier.Gateway.Formats;
using Espalier.Gateway.Formats.Prompts;
using Espalier.Gateway.Ingress;
using Espalier.Gateway.Policies;
using Espalier.Gateway.Policies.CallSites;
using Espalier.Gateway.Policies.Guardrails;
using Espalier.Gateway.Policies.Memory;
using Espalier.Gateway.Policies.Models;
using Espalier.Gateway.Policies.Routes;
using Espalier.Gateway.Providers;
using Microsoft.Extensions.Options;

namespace Espalier.Gateway.Calls;

/// <summary>Serves one call of an agent: policies, then as many attempts as it takes, then the model span.</summary>
internal sealed class ModelCalls(
    PolicyCache policies, ModelCatalog models, AttemptBook book, AttemptRunner runner, FallbackPlans fallbacks, Pins pins, CachePolicy caching, CallSiteFinder sites, CallSiteBook siteBook, ISpanSink spans,
    TimeProvider time, IOptions<GatewayOptions> options)
{
    private const int MostNameLength = 256;

    /// <summary>The whole answer; null when it was streamed through <paramref name="output"/>.</summary>
    /// <exception cref="CallRefusal">The gateway refused the call.</exception>
    /// <exception cref="ProviderFailedException">No provider answered.</exception>
    public Task<ReadOnlyMemory<byte>?> ServeAsync(CallRecord call, WireRequest request, IReplyOutput output, Dropped dropped, CancellationToken clientGone)
    {
        if (!call.Run.Context.Untraced) call.Input = WireRequest.Describe(request.Prompt);
        call.FindSite = () => sites.Find(request, call.Labels);
        return RecordAsync(call, "chat", token => AnswerAsync(call, request, output, dropped, token, clientGone), dropped, clientGone);
    }

    /// <summary>Does what is asked and writes the call's span, however it ended.</summary>
    public async Task<T> RecordAsync<T>(CallRecord call, string name, Func<CancellationToken, Task<T>> serve, Dropped dropped, CancellationToken clientGone)
    {
        // A client that went away does not end the work at once: what it costs is still to be learned.
        using var drain = new CancellationTokenSource(Timeout.InfiniteTimeSpan, time);
        await using var goes = clientGone.Register(() => drain.CancelAfter(options.Value.DrainLimit));
        var started = time.GetTimestamp();
        call.Run.CountCall();
        var gone = false;
        try
        {
            var answer = await serve(drain.Token);
            // A whole answer is still to be sent, and there is nobody to send it to; of a stream only what was lost tells.
            gone = call.IsLost || (answer is not null && clientGone.IsCancellationRequested);
            return answer;
        }
        catch (Exception e)
        {
            gone = clientGone.IsCancellationRequested;
            if (e is not OperationCanceledException) call.Error ??= e.Message;
            throw;
        }
        finally
        {
            // Neither an answer nor an error: nobody was there to get it.
            if (gone) call.Attributes["status"] = "cancelled";
            if (!call.Run.Context.Untraced)
            {
                var span = call.NewSpan(call.SpanId, call.Run.Context.ParentSpan, SpanKind.Model, name, call.Start, time.GetElapsedTime(started));
                span = span with { Input = call.Input, Output = call.Output, Error = call.Error, Model = call.Model, Confidence = call.Confidence };
                if (dropped.Any) call.Attributes["dropped"] = dropped.ToString();
                if (call.FindSite is not null)
                {
                    call.CallSite.Describe(call.Attributes);
                    siteBook.Count(call.Run.Context.Agent, call.CallSite);
                }

                if (call.Run.Names is { } names)
                    foreach (var (key, value) in names) call.Attributes[key] = value;
                if (call.Attributes.Count > 0) span = span with { Attributes = call.Attributes };
                await spans.AddAsync(span, CancellationToken.None);
            }
        }
    }

    /// <summary>The policies of the run's version.</summary>
    /// <exception cref="CallRefusal">A policy file is wrong.</exception>
    public async Task<VersionPolicies> PoliciesAsync(RunAccount run, CancellationToken cancellationToken)
    {
        try
        {
            return run.Context.Version is { } version ? await policies.GetAsync(run.Context.Agent, version, cancellationToken) : VersionPolicies.None;
        }
        catch (Refusal refusal)
        {
            run.Refused(refusal.Message, byBudget: false);
            throw CallRefusal.Invalid(refusal.Message, code: "policy_invalid");
        }
    }

    /// <exception cref="CallRefusal">Nobody serves the name.</exception>
    public ServedModel FindModel(string name, VersionPolicies version) => name.Length > MostNameLength
        ? throw CallRefusal.Invalid($"The model's name has {name.Length} characters, and no model's has more than {MostNameLength}.", "model")
        : models.Find(name) ?? throw CallRefusal.UnknownModel(
        name, version.Slots.Count == 0 ? models.Advice() : $"Model slots of this version: {string.Join(", ", version.Slots.Keys)}. {models.Advice()}");

    private async Task<ReadOnlyMemory<byte>?> AnswerAsync(
        CallRecord call, WireRequest request, IReplyOutput output, Dropped dropped, CancellationToken cancellationToken, CancellationToken clientGone)
    {
        var version = await PoliciesAsync(call.Run, cancellationToken);
        var guards = CallGuards.Of(version.Guards, call, request, spans, time);
        if (guards is { OnOutput: true } && request.Members.Value("background").Span is [(byte)'t', ..]) throw GuardedVersions.Refusal(call.Run, "An answer in the background");
        var said = guards is null ? request.Prompt : await guards.InputAsync(request.Prompt);
        var side = new SideModels(call, models, book, runner, clientGone);
        var prompt = await ApplyMemoryAsync(call, request, said, version, side, cancellationToken);
        var routed = new RoutedCall
        {
            Record = call,
            Request = request,
            Prompt = prompt,
            Question = new RouteQuestion(call, request, prompt),
            Slot = version.Slots.GetValueOrDefault(request.Model),
            Side = side,
            Output = output,
            Guards = guards,
            Dropped = dropped,
            Prepare = (one, ask) => Prepare(one, ask, version),
            Plan = model => Pins.Binds(request) ? FallbackPlan.None : fallbacks.Of(version, call, model),
            Affinity = new CallAffinity(call, request.Prompt),
            Runner = runner,
            ClientGone = clientGone,
        };
        return await version.Route(request.Model, () => call.CallSite.Name).ServeAsync(routed, cancellationToken);
    }

    private AskedModel Prepare(RoutedCall call, ModelAsk ask, VersionPolicies version)
    {
        var request = call.Request;
        var model = FindModel(ask.Model, version);
        var pin = pins.Of(call.Record, request, model);
        var exchange = Exchange.Of(request, model, call.Dropped, new RequestChanges
        {
            Model = model.Model,
            Prompt = call.Prompt,
            Slot = ask.Temperature is { } temperature ? ModelSlot.With(call.Slot, "temperature", temperature) : call.Slot,
            Stream = ask.Stream,
            WantConfidence = ask.WantConfidence || version.Capture.LogProbs
                || (version.Capture.TokenIds && model.Provider.TokenIds is TokenIdDialect.SgLang or TokenIdDialect.LlamaCpp),
            TokenIds = version.Capture.TokenIds ? model.Provider.TokenIds : TokenIdDialect.None,
            StreamOptions = model.Provider.StreamOptions,
            ContinuousUsage = model.Provider.ContinuousUsage,
        });
        return new AskedModel(exchange, new AttemptJob
        {
            Call = call.Record,
            Model = model,
            Role = ask.Role,
            Request = exchange.Request,
            NewReading = exchange.Format.NewReading,
            OutputTokens = book.OutputTokens(call.Slot?.MaxTokens ?? request.MaxTokens, request.Choices),
            ChangedMessages = call.ChangedMessages,
            ErrorEvent = refusal => request.Format.WriteErrorEvent(refusal, request.Target.Framing),
            Answered = (reading, key) => pins.Keep(call.Record, model, reading, key),
            Affinity = call.Affinity,
            PinnedKey = pin?.Key,
            FallsBack = ask.Plan.Covers,
            Cache = caching.Of(call.Record, version, request, model, ask.Role, exchange.Request),
            ClientGone = call.ClientGone,
        });
    }

    private static async Task<Prompt> ApplyMemoryAsync(
        CallRecord call, WireRequest request, Prompt prompt, VersionPolicies version, SideModels side, CancellationToken cancellationToken)
    {
        if (version.Memory.Count == 0) return prompt;
        try
        {
            var remembered = new MemoryCall(call.Run.Context, side, (name, value) => call.Attributes[name] = value);
            foreach (var memory in version.Memory)
                if (memory.Slot is null || memory.Slot == request.Model) prompt = await memory.ApplyAsync(prompt, remembered, cancellationToken);
            return prompt;
        }
        catch (Refusal refusal)
        {
            call.Run.Refused(refusal.Message, byBudget: false);
            throw CallRefusal.Invalid(refusal.Message, code: "policy_invalid");
        }
    }
}
