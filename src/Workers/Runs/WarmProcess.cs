using System.Buffers;
using System.Globalization;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using Espalier.Contracts.Agents;
using Espalier.Contracts.Runs;
using Espalier.Core.Runs;

namespace Espalier.Workers.Runs;

/// <summary>A process that serves one request after the other: a JSON line in, a JSON line out. One request at a time.</summary>
internal sealed class WarmProcess(ISandboxProcess process, string token, RunContract contract, int outputBytes) : IAsyncDisposable
{
    /// <summary>An agent that ended its output ends itself soon; the exit code is worth this wait.</summary>
    private static readonly TimeSpan ExitWait = TimeSpan.FromSeconds(1);

    private static readonly JsonWriterOptions Compact = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    // The frame around the output and its escapes are not the answer's fault; the limit is on what is read.
    private readonly BoundedReader _reader = new(process.StandardOutput, outputBytes + 256);
    private readonly Task<int> _exit = process.WaitForExitAsync(CancellationToken.None);
    private long _asked;

    public string Token => token;

    public bool HasExited => _exit.IsCompleted;

    /// <summary>Asks once. The process can be asked again only when <c>Reusable</c> came back true.</summary>
    /// <exception cref="OperationCanceledException">No answer until cancelled; the process must be disposed.</exception>
    public async Task<(Outcome Outcome, bool Reusable)> AskAsync(string input, CancellationToken cancellationToken)
    {
        var id = ++_asked;
        try
        {
            // Read while writing: an agent may answer, or flood, before it took the whole line.
            var writing = process.StandardInput.WriteAsync(Request(id, input), cancellationToken).AsTask();
            var line = await _reader.ReadLineAsync(cancellationToken);
            if (line.End == LineEnd.TooLong) return (Outcomes.TooMuchOutput(outputBytes, process.StderrTail), false);
            if (line.End == LineEnd.Closed) return (await CrashAsync(line.Bytes, cancellationToken), false);
            var (outcome, sound) = Read(line.Bytes, id);
            return (outcome, sound && writing.IsCompletedSuccessfully && !_reader.HasLeftover && !HasExited);
        }
        catch (IOException)
        {
            return (await CrashAsync(default, cancellationToken), false);
        }
    }

    public void Kill() => process.Kill();

    public ValueTask DisposeAsync() => process.DisposeAsync();

    private static ReadOnlyMemory<byte> Request(long id, string input)
    {
        var buffer = new ArrayBufferWriter<byte>(input.Length + 64);
        using (var writer = new Utf8JsonWriter(buffer, Compact))
        {
            writer.WriteStartObject();
            writer.WriteNumber("id", id);
            writer.WriteString("input", input);
            writer.WriteEndObject();
        }

        buffer.Write("\n"u8);
        return buffer.WrittenMemory;
    }

    /// <summary>Sound: the agent kept to the protocol, whatever it answered.</summary>
    private (Outcome Outcome, bool Sound) Read(ReadOnlyMemory<byte> line, long id)
    {
        try
        {
            using var document = JsonDocument.Parse(line);
            var root = document.RootElement;
            if (root.ValueKind != JsonValueKind.Object || !root.TryGetProperty("id", out var got)) return (Garbage(line), false);
            var asked = id.ToString(CultureInfo.InvariantCulture);
            if (Text(got) != asked) return (Outcomes.WrongId(Text(got), asked, process.StderrTail), false);
            if (root.TryGetProperty("output", out var output) && output.ValueKind != JsonValueKind.Null)
                return (new Outcome.Completed(Text(output).TrimEnd()), true);
            return root.TryGetProperty("error", out var error)
                ? (Outcomes.Error(Text(error), process.StderrTail), true)
                : (Garbage(line), false);
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException)
        {
            // The second: a string with half a surrogate pair is JSON by the letter, but no text.
            return (Garbage(line), false);
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
