using System.Globalization;
using System.Net;
using System.Runtime.CompilerServices;
using System.Text.Json;
using Espalier.Gateway.Formats;
using Espalier.Gateway.Formats.Events;
using Espalier.Gateway.Keys;
using Espalier.Gateway.Providers.Keys;

namespace Espalier.Gateway.Providers;

/// <summary>HTTP to one model server: limits of time and size, and what its failures mean.</summary>
internal sealed class Upstream : IDisposable
{
    private const int MostErrorBytes = 64 * 1024;
    private const int MostAnswerBytes = 64 << 20;

    // Pictures come as one event; nothing that is larger is an event of a model.
    private const int MostEventBytes = 16 << 20;

    private readonly UpstreamOptions _options;
    private readonly TimeProvider _time;
    private readonly string _addressName;
    private readonly string _keyName;
    private readonly HttpMessageInvoker _http;
    private FullAddress? _last;

    /// <param name="options">Address and limits.</param>
    /// <param name="keys">What it is asked with.</param>
    /// <param name="time">The clock.</param>
    /// <param name="addressName">What people set the address with.</param>
    /// <param name="keyName">What people set the key with.</param>
    public Upstream(UpstreamOptions options, UpstreamKeys keys, TimeProvider time, string addressName, string keyName)
    {
        (_options, Keys, _time, _addressName, _keyName) = (options, keys, time, addressName, keyName);
        var handler = new SocketsHttpHandler
        {
            ConnectTimeout = options.ConnectTimeout,
            PooledConnectionLifetime = TimeSpan.FromMinutes(5),
            // Done here: the client's own handler is a step of each request for the few that are compressed.
            AutomaticDecompression = DecompressionMethods.None,
            AllowAutoRedirect = false,
            UseCookies = false,
            // The caller's trace is not the provider's business.
            ActivityHeadersPropagator = null,
        };
        // Time limits are ours, and so is the whole body's reading: nothing of what HttpClient adds is wanted.
        _http = new HttpMessageInvoker(handler);
    }

    public UpstreamKeys Keys { get; }

    /// <summary>Whether it is known where to ask: an address is set, or there is a key and the vendor's own address.</summary>
    public bool IsSet => _options.BaseUrl is not null || (Keys.Current is { Count: > 0 } keys && (_options.UsualUrl is not null || keys.Any(key => key.Address is not null)));

    public void Dispose() => _http.Dispose();

    /// <summary>The key that a request is to go with: its own, else the first that is not left alone.</summary>
    public UpstreamKey KeyOf(ProviderRequest request) =>
        request.Key ?? Keys.Current.FirstOrDefault(key => key.ClosedUntil(request.Model) is null) ?? (Keys.Current is [var first, ..] ? first : UpstreamKey.None(_time));

    /// <summary>Sends one request, whose address is relative to the key's. Failures of the other side are replies; only cancellation is thrown.</summary>
    public async Task<ProviderReply> SendAsync(HttpRequestMessage message, UpstreamKey key, ProviderRequest request, CancellationToken cancellationToken)
    {
        var (stream, framing) = (request.Stream, request.Framing);
        var address = key.Address ?? _options.BaseUrl ?? _options.UsualUrl ?? throw new InvalidOperationException($"{_addressName} is not set.");
        message.RequestUri = FullAddressOf(address, message.RequestUri!.OriginalString);
        if (!message.Headers.Contains("accept-encoding")) message.Headers.TryAddWithoutValidation("accept-encoding", ContentEncodings.Accepted);
        var limits = new TimeLimits(_options, _time, whole: request is { Operation: Operation.Answer, Stream: false }, cancellationToken);
        var owned = true;
        try
        {
            var response = ContentEncodings.Decoded(await _http.SendAsync(message, limits.Token));
            if (response.IsSuccessStatusCode && stream && IsStream(response, framing))
            {
                owned = false;
                return new ProviderReply.Streaming(ReadEvents(response, framing, limits, address, cancellationToken)) { Limits = limits };
            }

            using (response)
            {
                // The first byte is here: from now on only silence and the whole answer's limit count.
                limits.Begin();
                var limit = response.IsSuccessStatusCode ? MostAnswerBytes : MostErrorBytes;
                var body = await ReadAsync(response, limit, limits);
                return response.IsSuccessStatusCode ? new ProviderReply.Completed(body) : new ProviderReply.Failed(Explain(response, body, key));
            }
        }
        catch (Exception e) when (Explain(e, limits, address, cancellationToken) is { } failure)
        {
            return new ProviderReply.Failed(failure);
        }
        finally
        {
            if (owned) limits.Dispose();
        }
    }

    /// <summary>Sends a request to any path; the body of a good answer is the caller's to read, in its own time.</summary>
    public async Task<PassedReply> PassAsync(HttpRequestMessage message, UpstreamKey key, CancellationToken cancellationToken)
    {
        var address = key.Address ?? _options.BaseUrl ?? _options.UsualUrl ?? throw new InvalidOperationException($"{_addressName} is not set.");
        message.RequestUri = FullAddressOf(address, message.RequestUri!.OriginalString);
        if (!message.Headers.Contains("accept-encoding")) message.Headers.TryAddWithoutValidation("accept-encoding", ContentEncodings.Accepted);
        // Files of batches are large, and the time of an upload is before the first byte.
        using var limits = new TimeLimits(_options, _time, whole: true, cancellationToken);
        try
        {
            var response = ContentEncodings.Decoded(await _http.SendAsync(message, limits.Token));
            if (response.IsSuccessStatusCode) return new PassedReply(response, null) { Key = key.Name };
            using (response) return new PassedReply(null, Explain(response, await ReadAsync(response, MostErrorBytes, limits), key)) { Key = key.Name };
        }
        catch (Exception e) when (Explain(e, limits, address, cancellationToken) is { } failure)
        {
            return new PassedReply(null, failure) { Key = key.Name };
        }
    }

    /// <summary>The key of that name, else the first that works.</summary>
    public UpstreamKey KeyOf(PassedRequest request) =>
        Keys.Current.FirstOrDefault(key => key.Name == request.Key) ?? Keys.Current.FirstOrDefault(key => key.ClosedUntil("") is null) ?? UpstreamKey.None(_time);

    // Nearly all requests go where the one before went.
    private Uri FullAddressOf(Uri address, string path)
    {
        if (_last is { } last && ReferenceEquals(last.Address, address) && last.Path == path) return last.Full;
        var full = new Uri($"{address.AbsoluteUri.TrimEnd('/')}/{path}");
        _last = new FullAddress(address, path, full);
        return full;
    }

    // A server that does not stream answers with one JSON object, whatever it was asked for.
    private static bool IsStream(HttpResponseMessage response, StreamFraming framing) =>
        framing == StreamFraming.JsonArray || response.Content.Headers.ContentType?.MediaType != "application/json";

    private async IAsyncEnumerable<StreamEvent> ReadEvents(
        HttpResponseMessage response, StreamFraming framing, TimeLimits limits, Uri address, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        using var _ = limits;
        using var __ = response;
        await using var stream = await response.Content.ReadAsStreamAsync(limits.Token);
        var all = framing == StreamFraming.JsonArray
            ? JsonArrayEvents.ReadAsync(stream, MostEventBytes, limits.Token) : ServerSentEvents.ReadAsync(stream, MostEventBytes, limits.Token);
        await using var events = all.GetAsyncEnumerator(limits.Token);
        while (true)
        {
            try
            {
                if (!await events.MoveNextAsync()) yield break;
            }
            catch (Exception e) when (Explain(e, limits, address, cancellationToken) is { } failure)
            {
                throw new ProviderStreamException(failure, e);
            }

            // Comments and pings keep a connection open; they are no sign of a model that answers.
            var says = !IsKeepAlive(events.Current);
            if (says) limits.Pause();
            yield return events.Current;
            // Also when bytes of the next event are here: it may never end.
            if (says) limits.Heard();
        }
    }

    private static bool IsKeepAlive(StreamEvent streamed) =>
        streamed.Data.IsEmpty || (streamed.Data.Length < 32 && streamed.Data.Span.IndexOf("\"ping\""u8) >= 0);

    private static async Task<ReadOnlyMemory<byte>> ReadAsync(HttpResponseMessage response, int limit, TimeLimits limits)
    {
        await using var stream = await response.Content.ReadAsStreamAsync(limits.Token);
        var declared = response.Content.Headers.ContentLength ?? 0;
        if (declared > limit) throw new AnswerTooLargeException(limit);
        var body = new byte[declared > 0 ? declared : 16 * 1024];
        var length = 0;
        while (true)
        {
            limits.Heard();
            // The length that was declared may be all there is: one more byte would need a larger array for nothing.
            if (length == body.Length)
            {
                var one = new byte[1];
                if (await stream.ReadAsync(one, limits.Token) == 0) return body.AsMemory(0, length);
                Array.Resize(ref body, Math.Min(body.Length * 2, limit + 1));
                body[length++] = one[0];
            }

            var read = await stream.ReadAsync(body.AsMemory(length), limits.Token);
            if (read == 0) return body.AsMemory(0, length);
            length += read;
            if (length > limit) throw new AnswerTooLargeException(limit);
        }
    }

    private ProviderFailure Explain(HttpResponseMessage response, ReadOnlyMemory<byte> body, UpstreamKey key)
    {
        // Some servers repeat the key that they refuse.
        body = KnownSecret.Remove(body, key.Secret);
        var status = (int)response.StatusCode;
        var failure = FailureClasses.Of(status, body.Span);
        // The agent's own key was good: a refusal of the server's key is not the agent's to mend.
        var ours = failure == FailureClass.Auth;
        var (isObject, said) = ReadError(body);
        return new ProviderFailure
        {
            Status = ours || status is < 400 or > 599 ? 502 : status,
            Message = ours
                ? $"The model server refused the gateway's key '{key.Name}' ({status}). Set {_keyName} where the server runs to a key that it accepts."
                : $"The model server answered {status}{(said is null ? "" : $": {said}")}.",
            // A bare null would become an empty body on its way through the conversion of arrays.
            Body = ours || status is < 400 or > 599 || !isObject ? default(ReadOnlyMemory<byte>?) : body,
            Class = failure,
            IsRefusedKey = ours && FailureClasses.IsRefusedKey(status, body.Span),
            MayRetry = !ours && status is 408 or 429 or >= 500,
            RetryAfter = RetryAfter(response),
        };
    }

    private ProviderFailure? Explain(Exception exception, TimeLimits limits, Uri address, CancellationToken cancellationToken) => exception switch
    {
        _ when cancellationToken.IsCancellationRequested => null,
        OperationCanceledException when limits.Reached is { } reached => new ProviderFailure
        {
            Status = 504,
            Message = $"The model server at {address} gave no answer in time: {reached}.",
            Class = FailureClass.Timeout,
            MayBeBilled = true,
        },
        OperationCanceledException => Broken(address, $"cannot be reached: no connection in {_options.ConnectTimeout.TotalSeconds:0.#} s", FailureClass.Unreachable, billed: false),
        EventTooLargeException or AnswerTooLargeException =>
            new ProviderFailure { Status = 502, Message = $"The model server at {address} sent too much. {exception.Message}", Class = FailureClass.ServerError, MayBeBilled = true },
        HttpRequestException { HttpRequestError: HttpRequestError.ConnectionError or HttpRequestError.NameResolutionError or HttpRequestError.SecureConnectionError } =>
            Broken(address, "cannot be reached", FailureClass.Unreachable, billed: false),
        HttpIOException { HttpRequestError: HttpRequestError.InvalidResponse } or HttpRequestException { HttpRequestError: HttpRequestError.InvalidResponse } =>
            Broken(address, "sent what is no HTTP", FailureClass.ServerError, billed: true),
        // Compressed bytes that are none are InvalidDataException.
        HttpRequestException or IOException or InvalidDataException => Broken(address, "broke off the connection", FailureClass.ServerError, billed: true),
        _ => null,
    };

    private ProviderFailure Broken(Uri address, string what, FailureClass failure, bool billed) => new()
    {
        Status = 502,
        Message = $"The model server at {address} {what}. Check {_addressName} and that the server runs.",
        Class = failure,
        MayRetry = true,
        MayBeBilled = billed,
    };

    private TimeSpan? RetryAfter(HttpResponseMessage response)
    {
        if (response.Headers.TryGetValues("retry-after-ms", out var values)
            && double.TryParse(values.First(), NumberStyles.Float, CultureInfo.InvariantCulture, out var milliseconds)
            && milliseconds is >= 0 and < int.MaxValue) return TimeSpan.FromMilliseconds(milliseconds);
        if (response.Headers.RetryAfter is not { } header) return null;
        return header.Delta ?? (header.Date is { } date ? Max(TimeSpan.Zero, date - _time.GetUtcNow()) : null);
    }

    private static TimeSpan Max(TimeSpan a, TimeSpan b) => a > b ? a : b;

    /// <summary>All vendors say <c>{"error": {"message"}}</c>, Google's streams inside an array.</summary>
    private static (bool IsObject, string? Message) ReadError(ReadOnlyMemory<byte> body)
    {
        try
        {
            using var json = JsonDocument.Parse(body);
            var root = json.RootElement;
            if (root.ValueKind == JsonValueKind.Array && root.GetArrayLength() > 0) root = root[0];
            if (root.ValueKind != JsonValueKind.Object) return (false, null);
            if (!root.TryGetProperty("error", out var error)) return (true, null);
            if (error.ValueKind == JsonValueKind.String) return (true, error.GetString());
            return (true, error.ValueKind == JsonValueKind.Object && error.TryGetProperty("message", out var text) && text.ValueKind == JsonValueKind.String ? text.GetString() : null);
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException)
        {
            return (false, null);
        }
    }

    private sealed record FullAddress(Uri Address, string Path, Uri Full);
}

/// <summary>An answer that nobody should have to hold in memory.</summary>
internal sealed class AnswerTooLargeException(int limit) : IOException($"The answer is larger than {limit >> 20} MiB.");
