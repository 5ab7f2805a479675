using System.Net;
using System.Net.Http.Headers;
using System.Text;
using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using Espalier.Contracts;
using Espalier.Contracts.Shared;

namespace Espalier.Sdk.Shared;

/// <summary>One request, one answer, one kind of exception: what every group of the client does its calls through.</summary>
internal sealed class RestCaller(HttpClient http)
{
    public Uri Url => http.BaseAddress!;

    public async Task<T> GetAsync<T>(string path, JsonTypeInfo<T> answer, CancellationToken cancellationToken)
    {
        using var response = await SendAsync(HttpMethod.Get, path, null, cancellationToken).ConfigureAwait(false);
        return await ReadAsync(response, path, answer, cancellationToken).ConfigureAwait(false);
    }

    public async Task<string> GetTextAsync(string path, CancellationToken cancellationToken)
    {
        using var response = await SendAsync(HttpMethod.Get, path, null, cancellationToken).ConfigureAwait(false);
        return await GuardAsync(path, () => response.Content.ReadAsStringAsync(cancellationToken), cancellationToken).ConfigureAwait(false);
    }

    public Task<TAnswer> PostAsync<TBody, TAnswer>(
        string path, TBody body, JsonTypeInfo<TBody> bodyType, JsonTypeInfo<TAnswer> answer, CancellationToken cancellationToken) =>
        SendAsync(HttpMethod.Post, path, body, bodyType, answer, cancellationToken);

    public Task<TAnswer> PutAsync<TBody, TAnswer>(
        string path, TBody body, JsonTypeInfo<TBody> bodyType, JsonTypeInfo<TAnswer> answer, CancellationToken cancellationToken) =>
        SendAsync(HttpMethod.Put, path, body, bodyType, answer, cancellationToken);

    public async Task<TAnswer> RevokeAsync<TAnswer>(string path, JsonTypeInfo<TAnswer> answer, CancellationToken cancellationToken)
    {
        using var response = await SendAsync(HttpMethod.Delete, path, null, cancellationToken).ConfigureAwait(false);
        return await ReadAsync(response, path, answer, cancellationToken).ConfigureAwait(false);
    }

    public async Task<TAnswer> PostAsync<TAnswer>(string path, JsonTypeInfo<TAnswer> answer, CancellationToken cancellationToken)
    {
        using var response = await SendAsync(HttpMethod.Post, path, null, cancellationToken).ConfigureAwait(false);
        return await ReadAsync(response, path, answer, cancellationToken).ConfigureAwait(false);
    }

    public async Task PostAsync(string path, CancellationToken cancellationToken)
    {
        using var response = await SendAsync(HttpMethod.Post, path, null, cancellationToken).ConfigureAwait(false);
    }

    /// <summary>The response once its head is there; anything but success has been thrown.</summary>
    public async Task DeleteAsync(string path, CancellationToken cancellationToken)
    {
        using var response = await SendAsync(HttpMethod.Delete, path, null, cancellationToken).ConfigureAwait(false);
    }

    public async Task<HttpResponseMessage> SendAsync(
        HttpMethod method, string path, HttpContent? body, CancellationToken cancellationToken)
    {
        using var request = new HttpRequestMessage(method, path) { Content = body };
        var response = await GuardAsync(
            path,
            () => http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, cancellationToken),
            cancellationToken).ConfigureAwait(false);
        if (response.IsSuccessStatusCode) return response;
        using (response)
        {
            var text = await GuardAsync(path, () => response.Content.ReadAsStringAsync(cancellationToken), cancellationToken)
                .ConfigureAwait(false);
            throw Explain(response, text);
        }
    }

    /// <summary>A path with its query; parameters without a value are left out.</summary>
    public static string Query(string path, params ReadOnlySpan<(string Name, string? Value)> parameters)
    {
        var query = new StringBuilder(path);
        var separator = '?';
        foreach (var (name, value) in parameters)
        {
            if (value is null) continue;
            query.Append(separator).Append(name).Append('=').Append(Uri.EscapeDataString(value));
            separator = '&';
        }

        return query.ToString();
    }

    private async Task<TAnswer> SendAsync<TBody, TAnswer>(
        HttpMethod method, string path, TBody body, JsonTypeInfo<TBody> bodyType, JsonTypeInfo<TAnswer> answer, CancellationToken cancellationToken)
    {
        var json = new ByteArrayContent(JsonSerializer.SerializeToUtf8Bytes(body, bodyType));
        json.Headers.ContentType = new MediaTypeHeaderValue("application/json");
        using var response = await SendAsync(method, path, json, cancellationToken).ConfigureAwait(false);
        return await ReadAsync(response, path, answer, cancellationToken).ConfigureAwait(false);
    }

    private async Task<T> ReadAsync<T>(
        HttpResponseMessage response, string path, JsonTypeInfo<T> answer, CancellationToken cancellationToken)
    {
        var bytes = await GuardAsync(path, () => response.Content.ReadAsByteArrayAsync(cancellationToken), cancellationToken)
            .ConfigureAwait(false);
        try
        {
            return JsonSerializer.Deserialize(bytes, answer)
                ?? throw new JsonException("The answer is null.");
        }
        catch (JsonException exception)
        {
            throw new EspalierException(
                "unreadable-answer",
                (int)response.StatusCode,
                $"The server at {Url} answered {path} with something this client cannot read: {exception.Message}",
                "Client and server may be of different versions; compare them with `espalier version`.",
                RequestId(response),
                exception);
        }
    }

    private async Task<T> GuardAsync<T>(string path, Func<Task<T>> call, CancellationToken cancellationToken)
    {
        try
        {
            return await call().ConfigureAwait(false);
        }
        catch (Exception exception) when (exception is HttpRequestException or IOException
            || (exception is OperationCanceledException && !cancellationToken.IsCancellationRequested))
        {
            throw new EspalierException(
                EspalierException.Unreachable,
                0,
                $"No answer from the server at {Url} for {path}: {exception.Message}",
                "Start it with `espalier up`, or correct --server or ESPALIER_URL.",
                requestId: null,
                exception);
        }
    }

    private EspalierException Explain(HttpResponseMessage response, string text)
    {
        var status = (int)response.StatusCode;
        var problem = TryReadProblem(text);
        if (problem is not null)
        {
            return Refused(problem with { Status = status, RequestId = problem.RequestId ?? RequestId(response) });
        }

        var fix = response.StatusCode is HttpStatusCode.Unauthorized or HttpStatusCode.Forbidden
            ? "Set ESPALIER_KEY to the token that lies beside the server's data (file `token`)."
            : "Look at the server's log.";
        return new EspalierException($"http-{status}", status, $"The server at {Url} answered {status}.", fix, RequestId(response));
    }

    public static EspalierException Refused(Problem problem) => new(
        problem.Type[(problem.Type.LastIndexOf('/') + 1)..], problem.Status, problem.Title, problem.Detail, problem.RequestId);

    private static Problem? TryReadProblem(string text)
    {
        try
        {
            return JsonSerializer.Deserialize(text, ContractsJson.Default.Problem);
        }
        catch (JsonException)
        {
            return null;
        }
    }

    private static string? RequestId(HttpResponseMessage response) =>
        response.Headers.TryGetValues("x-request-id", out var values) ? values.FirstOrDefault() : null;
}
