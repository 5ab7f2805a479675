using System.Buffers;
using System.Net.Http.Headers;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using Espalier.Contracts.Agents;
using Espalier.Contracts.Runs;
using Espalier.Core.Runs;

namespace Espalier.Workers.Runs.Http;

/// <summary>An agent that is an HTTP server: a JSON object is posted, a JSON object or a stream of events comes back. Thread-safe.</summary>
internal sealed class HttpAgent : IAgentProcess
{
    /// <summary>Between two looks whether it is ready.</summary>
    private static readonly TimeSpan LookAgain = TimeSpan.FromMilliseconds(20);

    private static readonly TimeSpan OneLook = TimeSpan.FromSeconds(5);

    private static readonly JsonWriterOptions Compact = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    private readonly ISandboxProcess _process;
    private readonly RunContract _contract;
    private readonly HttpContract _http;
    private readonly int _outputBytes;
    private readonly HttpClient _client;
    private readonly Task<int> _exit;
    private long _asked;

    public HttpAgent(ISandboxProcess process, RunContract contract, int outputBytes)
    {
        (_process, _contract, _http, _outputBytes) = (process, contract, contract.Http!, outputBytes);
        _exit = process.WaitForExitAsync(CancellationToken.None);
        var handler = new SocketsHttpHandler
        {
            ConnectCallback = async (_, cancellationToken) => await process.ConnectAsync(cancellationToken),
            AllowAutoRedirect = false,
            UseProxy = false,
            UseCookies = false,
            MaxResponseHeadersLength = 32,
            ActivityHeadersPropagator = null,
        };
        _client = new HttpClient(handler) { BaseAddress = new Uri("http://agent"), Timeout = Timeout.InfiniteTimeSpan };
    }

    public async Task<Outcome?> WaitUntilReadyAsync(CancellationToken cancellationToken)
    {
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        limit.CancelAfter(_http.Start);
        var seen = "nothing listens on $PORT";
        try
        {
            while (true)
            {
                if (_exit.IsCompleted) return Outcomes.NeverListened(await _exit, _contract, _process.StderrTail);
                var status = await LookAsync(limit.Token);
                if (status is { } code && (_http.Health is null || code is >= 200 and < 300)) return null;
                if (status is not null) seen = $"GET {_http.Health} answers {status}";
                await Task.Delay(LookAgain, limit.Token);
            }
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            return Outcomes.NotReady(_http, seen, _process.StderrTail);
        }
    }

    public async Task<Answer> AskAsync(Question question, CancellationToken cancellationToken)
    {
        var id = Interlocked.Increment(ref _asked);
        using var request = new HttpRequestMessage(HttpMethod.Post, _http.Path) { Content = Body(id, question) };
        request.Headers.TryAddWithoutValidation("traceparent", question.TraceParent);
        request.Headers.Accept.ParseAdd(question.OnOutput is null ? "application/json" : "text/event-stream, application/json");
        try
        {
            using var response = await _client.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, cancellationToken);
            await using var content = await response.Content.ReadAsStreamAsync(cancellationToken);
            var reader = new BoundedReader(content, _outputBytes + 256);
            return response.Content.Headers.ContentType?.MediaType == "text/event-stream" && response.IsSuccessStatusCode
                ? await HttpEvents.ReadAsync(reader, question.OnOutput, _outputBytes, _process, cancellationToken)
                : await ReadAsync(response, reader, cancellationToken);
        }
        catch (Exception e) when (e is HttpRequestException or IOException)
        {
            // Once it has taken the request, nobody knows what it did with it: it is not sent again.
            await Task.WhenAny(_exit, Task.Delay(TimeSpan.FromSeconds(1), cancellationToken));
            cancellationToken.ThrowIfCancellationRequested();
            return new Answer(
                _exit.IsCompleted ? Outcomes.Crashed(await _exit, _contract, _process.StderrTail) : Outcomes.BrokenHttp(e.Message, _process.StderrTail), Reusable: false);
        }
    }

    public void Dispose() => _client.Dispose();

    /// <summary>The status of one look; null when nothing answers yet.</summary>
    private async Task<int?> LookAsync(CancellationToken cancellationToken)
    {
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        limit.CancelAfter(OneLook);
        try
        {
            using var response = await _client.GetAsync(new Uri(_http.Health ?? _http.Path, UriKind.Relative), HttpCompletionOption.ResponseHeadersRead, limit.Token);
            return (int)response.StatusCode;
        }
        catch (Exception e) when (e is HttpRequestException or IOException || (e is OperationCanceledException && !cancellationToken.IsCancellationRequested))
        {
            return null;
        }
    }

    private async Task<Answer> ReadAsync(HttpResponseMessage response, BoundedReader reader, CancellationToken cancellationToken)
    {
        if (await reader.ReadToEndAsync(cancellationToken) is not { } body) return new Answer(Outcomes.TooMuchOutput(_outputBytes, _process.StderrTail), Reusable: false);
        if (!response.IsSuccessStatusCode)
            return new Answer(Outcomes.HttpStatus((int)response.StatusCode, Encoding.UTF8.GetString(body.Span), _process.StderrTail), Reusable: !_exit.IsCompleted);
        return new Answer(HttpEvents.Final(body, _process) ?? Outcomes.HttpGarbage(Encoding.UTF8.GetString(body.Span), _process.StderrTail), Reusable: !_exit.IsCompleted);
    }

    private static ByteArrayContent Body(long id, Question question)
    {
        var buffer = new ArrayBufferWriter<byte>(question.Input.Length + 256);
        using (var writer = new Utf8JsonWriter(buffer, Compact))
        {
            writer.WriteStartObject();
            writer.WriteNumber("id", id);
            writer.WriteString("input", question.Input);
            writer.WriteString("key", question.Token);
            writer.WriteEndObject();
        }

        return new ByteArrayContent(buffer.WrittenSpan.ToArray()) { Headers = { ContentType = new MediaTypeHeaderValue("application/json") } };
    }
}
