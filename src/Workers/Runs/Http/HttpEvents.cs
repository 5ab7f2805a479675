using System.Text;
using System.Text.Json;
using Espalier.Contracts.Runs;
using Espalier.Core.Runs;

namespace Espalier.Workers.Runs.Http;

/// <summary>An answer that comes in pieces: server-sent events, each a JSON object with <c>delta</c>, the last with <c>output</c> or <c>error</c>.</summary>
internal static class HttpEvents
{
    private static ReadOnlySpan<byte> Field => "data:"u8;

    /// <summary>Where the last event is missing, the answer is the pieces together.</summary>
    public static async Task<Answer> ReadAsync(
        BoundedReader reader, Func<string, CancellationToken, ValueTask>? listener, int outputBytes, ISandboxProcess process, CancellationToken cancellationToken)
    {
        var said = new StringBuilder();
        while (true)
        {
            var line = await reader.ReadLineAsync(cancellationToken);
            if (line.End == LineEnd.TooLong || said.Length > outputBytes) return new Answer(Outcomes.TooMuchOutput(outputBytes, process.StderrTail), Reusable: false);
            if (line.End == LineEnd.Closed)
            {
                return said.Length > 0
                    ? new Answer(new Outcome.Completed(said.ToString().TrimEnd()), Reusable: true)
                    : new Answer(Outcomes.HttpGarbage("(no event)", process.StderrTail), Reusable: true);
            }

            if (!line.Bytes.Span.StartsWith(Field)) continue;
            var data = line.Bytes[Field.Length..];
            if (data.Span.Trim((byte)' ').TrimEnd((byte)'\r').SequenceEqual("[DONE]"u8)) continue;
            if (Final(data, process) is { } outcome) return new Answer(outcome, Reusable: true);
            if (Piece(data) is not { } piece) return new Answer(Outcomes.HttpGarbage(Encoding.UTF8.GetString(data.Span), process.StderrTail), Reusable: true);
            said.Append(piece);
            if (listener is not null) await listener(piece, cancellationToken);
        }
    }

    /// <summary>What an object with <c>output</c> or <c>error</c> says; null when it is something else.</summary>
    public static Outcome? Final(ReadOnlyMemory<byte> json, ISandboxProcess process) => Parse(json, root =>
        root.TryGetProperty("output", out var output) && output.ValueKind != JsonValueKind.Null ? new Outcome.Completed(Text(output).TrimEnd())
        : root.TryGetProperty("error", out var error) ? Outcomes.Error(Text(error), process.StderrTail)
        : null);

    private static string? Piece(ReadOnlyMemory<byte> json) =>
        Parse(json, root => root.TryGetProperty("delta", out var delta) && delta.ValueKind == JsonValueKind.String ? delta.GetString() : null);

    private static T? Parse<T>(ReadOnlyMemory<byte> json, Func<JsonElement, T?> read)
        where T : class
    {
        try
        {
            using var document = JsonDocument.Parse(json);
            return document.RootElement.ValueKind == JsonValueKind.Object ? read(document.RootElement) : null;
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException)
        {
            return null;
        }
    }

    private static string Text(JsonElement value) => value.ValueKind == JsonValueKind.String ? value.GetString()! : value.GetRawText();
}
