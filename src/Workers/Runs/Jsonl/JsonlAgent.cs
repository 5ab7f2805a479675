using System.Buffers;
using System.Globalization;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using Espalier.Contracts.Agents;
using Espalier.Contracts.Runs;
using Espalier.Core.Runs;

namespace Espalier.Workers.Runs.Jsonl;

/// <summary>A process that serves one request after the other: a JSON line in, a JSON line out. One request at a time.</summary>
internal sealed class JsonlAgent(ISandboxProcess process, RunContract contract, int outputBytes) : IAgentProcess
{
    /// <summary>An agent that ended its output ends itself soon; the exit code is worth this wait.</summary>
    private static readonly TimeSpan ExitWait = TimeSpan.FromSeconds(1);

    private static readonly JsonWriterOptions Compact = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    // The frame around the output and its escapes are not the answer's fault; the limit is on what is read.
    private readonly BoundedReader _reader = new(process.StandardOutput, outputBytes + 256);
    private readonly Task<int> _exit = process.WaitForExitAsync(CancellationToken.None);
    private long _asked;

    private bool HasExited => _exit.IsCompleted;

    public Task<Outcome?> WaitUntilReadyAsync(CancellationToken cancellationToken) => Task.FromResult<Outcome?>(null);

    public async Task<Answer> AskAsync(Question question, CancellationToken cancellationToken)
    {
        var id = ++_asked;
        try
        {
            // Read while writing: an agent may answer, or flood, before it took the whole line.
            var writing = process.StandardInput.WriteAsync(Request(id, question), cancellationToken).AsTask();
            for (long said = 0; ;)
            {
                var line = await _reader.ReadLineAsync(cancellationToken);
                if (line.End == LineEnd.Closed) return new Answer(await CrashAsync(line.Bytes, cancellationToken), Reusable: false);
                said += line.Bytes.Length;
                if (line.End == LineEnd.TooLong || said > 2L * outputBytes + 512) return new Answer(Outcomes.TooMuchOutput(outputBytes, process.StderrTail), Reusable: false);
                var (outcome, piece, sound) = Read(line.Bytes, id);
                if (piece is not null)
                {
                    if (question.OnOutput is { } listener) await listener(piece, cancellationToken);
                    continue;
                }

                return new Answer(outcome!, sound && writing.IsCompletedSuccessfully && !_reader.HasLeftover && !HasExited);
            }
        }
        catch (IOException)
        {
            return new Answer(await CrashAsync(default, cancellationToken), Reusable: false);
        }
    }

    public void Dispose()
    {
    }

    private static ReadOnlyMemory<byte> Request(long id, Question question)
    {
        var buffer = new ArrayBufferWriter<byte>(question.Input.Length + 160);
        using (var writer = new Utf8JsonWriter(buffer, Compact))
        {
            writer.WriteStartObject();
            writer.WriteNumber("id", id);
            writer.WriteString("input", question.Input);
            writer.WriteString("traceparent", question.TraceParent);
            writer.WriteEndObject();
        }

        buffer.Write("\n"u8);
        return buffer.WrittenMemory;
    }

    /// <summary>Sound: the agent kept to the protocol, whatever it answered.</summary>
    private (Outcome? Outcome, string? Piece, bool Sound) Read(ReadOnlyMemory<byte> line, long id)
    {
        try
        {
            using var document = JsonDocument.Parse(line);
            var root = document.RootElement;
            if (root.ValueKind != JsonValueKind.Object || !root.TryGetProperty("id", out var got)) return (Garbage(line), null, false);
            var asked = id.ToString(CultureInfo.InvariantCulture);
            if (Text(got) != asked) return (Outcomes.WrongId(Text(got), asked, process.StderrTail), null, false);
            if (root.TryGetProperty("output", out var output) && output.ValueKind != JsonValueKind.Null)
                return (new Outcome.Completed(Text(output).TrimEnd()), null, true);
            if (root.TryGetProperty("error", out var error)) return (Outcomes.Error(Text(error), process.StderrTail), null, true);
            return root.TryGetProperty("delta", out var delta) && delta.ValueKind == JsonValueKind.String
                ? (null, delta.GetString()!, true)
                : (Garbage(line), null, false);
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException)
        {
            // The second: a string with half a surrogate pair is JSON by the letter, but no text.
            return (Garbage(line), null, false);
        }
    }

    private Outcome Garbage(ReadOnlyMemory<byte> line) => Outcomes.Garbage(Encoding.UTF8.GetString(line.Span), process.StderrTail);

    private static string Text(JsonElement value) => value.ValueKind == JsonValueKind.String ? value.GetString()! : value.GetRawText();

    private async Task<Outcome> CrashAsync(ReadOnlyMemory<byte> rest, CancellationToken cancellationToken)
    {
        await Task.WhenAny(_exit, Task.Delay(ExitWait, cancellationToken));
        cancellationToken.ThrowIfCancellationRequested();
        if (!rest.IsEmpty && !HasExited) return Garbage(rest);
        if (!HasExited) return Outcomes.Garbage("(it closed its standard output)", process.StderrTail);
        var code = await _exit;
        return _asked == 1
            ? Outcomes.NeverStarted(code, contract, process.StderrTail)
            : Outcomes.Crashed(code, contract, process.StderrTail);
    }
}
