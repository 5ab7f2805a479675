using System.Globalization;
using System.Net;
using System.Runtime.CompilerServices;
using System.Text.Json;
using Espalier.Gateway.Formats;
using Espalier.Gateway.Formats.Events;
using Espalier.Gateway.Keys;

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
    private readonly HttpClient _http;

    /// <param name="address">Base address.</param>
    /// <param name="options">Limits.</param>
    /// <param name="time">The clock.</param>
    /// <param name="addressName">What people set the address with.</param>
    /// <param name="keyName">What people set the key with.</param>
    public Upstream(Uri address, UpstreamOptions options, TimeProvider time, string addressName, string keyName)
    {
        (_options, _time, _addressName, _keyName) = (options, time, addressName, keyName);
        Address = new Uri(address.AbsoluteUri.TrimEnd('/') + "/");
        var handler = new SocketsHttpHandler
        {
            ConnectTimeout = options.ConnectTimeout,
            PooledConnectionLifetime = TimeSpan.FromMinutes(5),
            AutomaticDecompression = DecompressionMethods.All,
            AllowAutoRedirect = false,
            UseCookies = false,
        };
        // Time limits are ours: the client's own would also cover the reading of a stream.
        _http = new HttpClient(handler) { BaseAddress = Address, Timeout = Timeout.InfiniteTimeSpan };
    }

    public Uri Address { get; }

    public void Dispose() => _http.Dispose();

    /// <summary>Sends one request. Failures of the other side are replies; only cancellation is thrown.</summary>
    public async Task<ProviderReply> SendAsync(HttpRequestMessage message, bool stream, StreamFraming framing, CancellationToken cancellationToken)
    {
        var total = new CancellationTokenSource(_options.TotalTimeout, _time);
        var owned = true;
        try
        {
            using var first = new CancellationTokenSource(_options.FirstByteTimeout, _time);
            using var both = CancellationTokenSource.CreateLinkedTokenSource(total.Token, first.Token, cancellationToken);
            var response = await _http.SendAsync(message, HttpCompletionOption.ResponseHeadersRead, both.Token);
            if (response.IsSuccessStatusCode && stream && IsStream(response, framing))
            {
                owned = false;
                return new ProviderReply.Streaming(ReadEvents(response, framing, total, cancellationToken));
            }

            using (response)
            {
                // The first byte is here: from now on only silence and the whole answer's limit count.
                using var rest = CancellationTokenSource.CreateLinkedTokenSource(total.Token, cancellationToken);
                var limit = response.IsSuccessStatusCode ? MostAnswerBytes : MostErrorBytes;
                var body = await ReadAsync(response, limit, rest);
                return response.IsSuccessStatusCode ? new ProviderReply.Completed(body) : new ProviderReply.Failed(Explain(response, body));
            }
        }
        catch (Exception e) when (Explain(e, cancellationToken) is { } failure)
        {
            return new ProviderReply.Failed(failure);
        }
        finally
        {
            if (owned) total.Dispose();
        }
    }

    // A server that does not stream answers with one JSON object, whatever it was asked for.
    private static bool IsStream(HttpResponseMessage response, StreamFraming framing) =>
        framing == StreamFraming.JsonArray || response.Content.Headers.ContentType?.MediaType != "application/json";

    private async IAsyncEnumerable<StreamEvent> ReadEvents(
        HttpResponseMessage response, StreamFraming framing, CancellationTokenSource total, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        using var _ = total;
        using var __ = response;
        using var silence = new CancellationTokenSource(_options.FirstByteTimeout, _time);
        using var both = CancellationTokenSource.CreateLinkedTokenSource(total.Token, silence.Token, cancellationToken);
        await using var stream = await response.Content.ReadAsStreamAsync(both.Token);
        var all = framing == StreamFraming.JsonArray
            ? JsonArrayEvents.ReadAsync(stream, MostEventBytes, both.Token) : ServerSentEvents.ReadAsync(stream, MostEventBytes, both.Token);
        await using var events = all.GetAsyncEnumerator(both.Token);
        while (true)
        {
            try
            {
                if (!await events.MoveNextAsync()) yield break;
            }
            catch (Exception e) when (Explain(e, cancellationToken) is { } failure)
            {
                throw new ProviderStreamException(failure, e);
            }

            // Comments and pings keep a connection open; they are no sign of a model that answers. A client that takes its time is no silence.
            var says = !IsKeepAlive(events.Current);
            if (says) silence.CancelAfter(Timeout.InfiniteTimeSpan);
            var more = events.Current.More;
            yield return events.Current;
            if (says && !more) silence.CancelAfter(_options.SilenceTimeout);
        }
    }

    private static bool IsKeepAlive(StreamEvent streamed) =>
        streamed.Data.IsEmpty || (streamed.Data.Length < 32 && streamed.Data.Span.IndexOf("\"ping\""u8) >= 0);

    private async Task<ReadOnlyMemory<byte>> ReadAsync(HttpResponseMessage response, int limit, CancellationTokenSource rest)
    {
        await using var stream = await response.Content.ReadAsStreamAsync(rest.Token);
        var declared = response.Content.Headers.ContentLength ?? 0;
        if (declared > limit) throw TooLarge(limit);
        var body = new byte[declared > 0 ? declared : 16 * 1024];
        var length = 0;
        while (true)
        {
            rest.CancelAfter(_options.SilenceTimeout);
            // The length that was declared may be all there is: one more byte would need a larger array for nothing.
            if (length == body.Length)
            {
                var one = new byte[1];
                if (await stream.ReadAsync(one, rest.Token) == 0) return body.AsMemory(0, length);
                Array.Resize(ref body, Math.Min(body.Length * 2, limit + 1));
                body[length++] = one[0];
            }

            var read = await stream.ReadAsync(body.AsMemory(length), rest.Token);
            if (read == 0) return body.AsMemory(0, length);
            length += read;
            if (length > limit) throw TooLarge(limit);
        }
    }

    private static HttpIOException TooLarge(int limit) => new(HttpRequestError.InvalidResponse, $"The answer is larger than {limit >> 20} MiB.");

    private ProviderFailure Explain(HttpResponseMessage response, ReadOnlyMemory<byte> body)
    {
        // Some servers repeat the key that they refuse.
        body = KnownSecret.Remove(body, _options.ApiKey);
        var status = (int)response.StatusCode;
        // The agent's own key was good: a refusal of the server's key is not the agent's to mend.
        var ours = status is 401 or 403;
        var (isObject, said) = ReadError(body);
        return new ProviderFailure
        {
            Status = ours ? 502 : status < 400 ? 502 : status,
            Message = ours
                ? $"The model server refused the gateway's key ({status}). Set {_keyName} where the server runs to a key that it accepts."
                : $"The model server answered {status}{(said is null ? "" : $": {said}")}.",
            Body = ours || status < 400 || !isObject ? null : body,
            MayRetry = status is 408 or 429 or >= 500,
            RetryAfter = RetryAfter(response),
        };
    }

    private ProviderFailure? Explain(Exception exception, CancellationToken cancellationToken) => exception switch
    {
        _ when cancellationToken.IsCancellationRequested => null,
        OperationCanceledException => new ProviderFailure
        {
            Status = 504,
            Message = $"The model server at {Address} gave no answer in time ({_options.FirstByteTimeout.TotalSeconds:0.#} s to begin, "
                + $"{_options.SilenceTimeout.TotalSeconds:0.#} s of silence, {_options.TotalTimeout.TotalSeconds:0.#} s in all).",
            MayBeBilled = true,
        },
        EventTooLargeException or HttpIOException { HttpRequestError: HttpRequestError.InvalidResponse } =>
            new ProviderFailure { Status = 502, Message = $"The model server at {Address} sent too much. {exception.Message}", MayBeBilled = true },
        HttpRequestException { HttpRequestError: HttpRequestError.ConnectionError or HttpRequestError.NameResolutionError or HttpRequestError.SecureConnectionError } =>
            Broken("cannot be reached", billed: false),
        // Compressed bytes that are none are InvalidDataException.
        HttpRequestException or IOException or InvalidDataException => Broken("broke off the connection", billed: true),
        _ => null,
    };

    private ProviderFailure Broken(string what, bool billed) => new()
    {
        Status = 502,
        Message = $"The model server at {Address} {what}. Check {_addressName} and that the server runs.",
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
}
