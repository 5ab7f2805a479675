using System.Globalization;
using System.Net;
using System.Net.Http.Headers;
using System.Net.ServerSentEvents;
using System.Runtime.CompilerServices;
using System.Text.Json;
using Microsoft.Extensions.Options;

namespace Espalier.Gateway.Providers.OpenAi;

/// <summary>Any server that speaks OpenAI Chat Completions. The request's bytes go through; only address and key are ours.</summary>
internal sealed class OpenAiProvider : IProvider, IDisposable
{
    public const string ProviderName = "openai";

    private const int MostErrorBytes = 64 * 1024;
    private const int MostAnswerBytes = 64 << 20;

    private readonly OpenAiOptions _options;
    private readonly TimeProvider _time;
    private readonly HttpClient? _http;

    public OpenAiProvider(IOptions<GatewayOptions> options, TimeProvider time)
    {
        _options = options.Value.OpenAi;
        _time = time;
        if (_options.BaseUrl is not { } url) return;
        var handler = new SocketsHttpHandler
        {
            ConnectTimeout = _options.ConnectTimeout,
            PooledConnectionLifetime = TimeSpan.FromMinutes(5),
            AutomaticDecompression = DecompressionMethods.All,
            AllowAutoRedirect = false,
            UseCookies = false,
        };
        // Time limits are ours: the client's own would also cover the reading of a stream.
        _http = new HttpClient(handler) { BaseAddress = new Uri(url.AbsoluteUri.TrimEnd('/') + "/"), Timeout = Timeout.InfiniteTimeSpan };
        if (_options.ApiKey is { Length: > 0 } key) _http.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", key);
    }

    public string Name => ProviderName;

    public IReadOnlyList<string> Models => _http is null ? [] : _options.Models;

    public bool Serves(string model) => _http is not null && model.Length > 0;

    public void Dispose() => _http?.Dispose();

    public async Task<ProviderReply> SendAsync(ProviderRequest request, CancellationToken cancellationToken)
    {
        var total = new CancellationTokenSource(_options.TotalTimeout, _time);
        var owned = true;
        try
        {
            using var first = new CancellationTokenSource(_options.FirstByteTimeout, _time);
            using var both = CancellationTokenSource.CreateLinkedTokenSource(total.Token, first.Token, cancellationToken);
            using var message = new HttpRequestMessage(HttpMethod.Post, "chat/completions") { Content = new ReadOnlyMemoryContent(request.Body) };
            message.Content.Headers.ContentType = new MediaTypeHeaderValue("application/json");
            var response = await _http!.SendAsync(message, HttpCompletionOption.ResponseHeadersRead, both.Token);
            if (response.IsSuccessStatusCode && request.Stream)
            {
                owned = false;
                return new ProviderReply.Streaming(ReadEvents(response, total, cancellationToken));
            }

            using (response)
            {
                // The first byte is here: from now on only the whole answer's limit counts.
                using var rest = CancellationTokenSource.CreateLinkedTokenSource(total.Token, cancellationToken);
                var limit = response.IsSuccessStatusCode ? MostAnswerBytes : MostErrorBytes;
                var body = await ReadAsync(response, limit, rest.Token);
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

    private async IAsyncEnumerable<StreamEvent> ReadEvents(
        HttpResponseMessage response, CancellationTokenSource total, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        using var _ = total;
        using var __ = response;
        using var first = new CancellationTokenSource(_options.FirstByteTimeout, _time);
        using var both = CancellationTokenSource.CreateLinkedTokenSource(total.Token, first.Token, cancellationToken);
        await using var stream = await response.Content.ReadAsStreamAsync(both.Token);
        await using var events = SseParser.Create(stream, static (_, data) => data.ToArray()).EnumerateAsync(both.Token).GetAsyncEnumerator(both.Token);
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

            first.CancelAfter(Timeout.InfiniteTimeSpan);
            yield return new StreamEvent(events.Current.EventType, events.Current.Data);
        }
    }

    private static async Task<byte[]> ReadAsync(HttpResponseMessage response, int limit, CancellationToken cancellationToken)
    {
        await using var stream = await response.Content.ReadAsStreamAsync(cancellationToken);
        var body = new MemoryStream();
        var buffer = new byte[16 * 1024];
        for (int read; (read = await stream.ReadAsync(buffer, cancellationToken)) > 0;)
        {
            if (body.Length + read > limit) throw new HttpIOException(HttpRequestError.InvalidResponse, $"The answer is larger than {limit} bytes.");
            body.Write(buffer, 0, read);
        }

        return body.ToArray();
    }

    private ProviderFailure Explain(HttpResponseMessage response, byte[] body)
    {
        var status = (int)response.StatusCode;
        // The agent's own key was good: a refusal of the server's key is not the agent's to mend.
        var ours = status is 401 or 403;
        return new ProviderFailure
        {
            Status = ours ? 502 : status < 400 ? 502 : status,
            Message = ours
                ? $"The model server refused the gateway's key ({status}). Set OPENAI_API_KEY where the server runs to a key that it accepts."
                : $"The model server answered {status}{Quote(body)}.",
            Body = ours || status < 400 || !IsObject(body) ? null : body,
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
            Message = $"The model server at {_http!.BaseAddress} gave no answer in time ({_options.FirstByteTimeout.TotalSeconds:0.#} s to begin, "
                + $"{_options.TotalTimeout.TotalSeconds:0.#} s in all).",
            MayBeBilled = true,
        },
        HttpRequestException { HttpRequestError: HttpRequestError.ConnectionError or HttpRequestError.NameResolutionError or HttpRequestError.SecureConnectionError } =>
            Broken("cannot be reached", billed: false),
        HttpRequestException or IOException => Broken("broke off the connection", billed: true),
        _ => null,
    };

    private ProviderFailure Broken(string what, bool billed) => new()
    {
        Status = 502,
        Message = $"The model server at {_http!.BaseAddress} {what}. Check OPENAI_BASE_URL and that the server runs.",
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

    private static bool IsObject(byte[] body)
    {
        try
        {
            using var json = JsonDocument.Parse(body);
            return json.RootElement.ValueKind == JsonValueKind.Object;
        }
        catch (JsonException)
        {
            return false;
        }
    }

    private static string Quote(byte[] body)
    {
        try
        {
            using var json = JsonDocument.Parse(body);
            return json.RootElement.TryGetProperty("error", out var error) && error.ValueKind == JsonValueKind.Object
                && error.TryGetProperty("message", out var text) && text.ValueKind == JsonValueKind.String
                ? $": {text.GetString()}" : "";
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException)
        {
            return "";
        }
    }
}
