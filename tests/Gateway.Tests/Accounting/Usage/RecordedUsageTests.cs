using System.IO.Compression;
using System.Text;
using System.Text.Json;
using Espalier.Gateway.Accounting.Usage;
using Espalier.Testing;

namespace Espalier.Gateway.Tests.Accounting.Usage;

/// <summary>Everything that was recorded from real clients and providers: each usage is read whole and contradicts itself nowhere.</summary>
public sealed class RecordedUsageTests
{
    [Fact]
    public void Captures_EveryAnswer_IsMeasuredAndTheSumOfItsParts()
    {
        var read = 0;
        foreach (var file in Directory.EnumerateFiles(SharedFiles.Require("captures/wire"), "*.req.json", SearchOption.AllDirectories).Order())
        {
            using var request = JsonDocument.Parse(File.ReadAllBytes(file));
            if (NewReader(request.RootElement.GetProperty("path").GetString()!) is not { } reader) continue;
            var stream = file.Replace(".req.json", ".sse");
            var whole = file.Replace(".req.json", ".res.json");
            string text;
            if (File.Exists(stream)) Feed(reader, text = File.ReadAllText(stream));
            else if (File.Exists(whole))
            {
                using var reply = JsonDocument.Parse(File.ReadAllBytes(whole));
                if (reply.RootElement.GetProperty("status").GetInt32() != 200) continue;
                text = reply.RootElement.GetProperty("body").GetRawText();
                reader.ReadBody(reply.RootElement.GetProperty("body"));
            }
            else continue;

            if (Check(file, text, reader.Report())) read++;
        }

        read.ShouldBeGreaterThan(0);
    }

    [Fact]
    public void Recordings_EveryAnswer_IsReadAndTheSumOfItsParts()
    {
        using var lines = new StreamReader(new GZipStream(File.OpenRead(SharedFiles.Require("data/recorded_llm_http/exchanges.jsonl.gz")), CompressionMode.Decompress));
        var read = 0;
        while (lines.ReadLine() is { } line)
        {
            using var recorded = JsonDocument.Parse(line);
            foreach (var exchange in recorded.RootElement.GetProperty("interactions").EnumerateArray())
            {
                var uri = exchange.GetProperty("uri").GetString()!;
                if (exchange.GetProperty("response_body").GetString() is not { Length: > 0 } body || NewReader(uri) is not { } reader) continue;
                if (body.AsSpan().TrimStart() is ['{' or '[', ..]) reader.ReadBody(Encoding.UTF8.GetBytes(body));
                else Feed(reader, body);
                if (Check(uri, body, reader.Report())) read++;
            }
        }

        read.ShouldBeGreaterThan(0);
    }

    private static UsageReader? NewReader(string path)
    {
        if (path.Contains("count_tokens") || path.Contains("countTokens")) return null;
        if (path.Contains("/chat/completions")) return new ChatUsageReader();
        if (path.Contains("/responses")) return new ResponsesUsageReader();
        if (path.Contains("/messages")) return new MessagesUsageReader();
        if (path.Contains("enerateContent")) return new GeminiUsageReader();
        return path.Contains("/embeddings") ? new EmbeddingsUsageReader() : null;
    }

    private static void Feed(UsageReader reader, string stream)
    {
        foreach (var line in stream.Split('\n'))
            if (line.StartsWith("data:", StringComparison.Ordinal)) reader.ReadEvent(Encoding.UTF8.GetBytes(line["data:".Length..].Trim()));
    }

    /// <summary>True when the answer told its usage. The words are found by another way than the reader's: by their text.</summary>
    private static bool Check(string source, string text, ReportedUsage usage)
    {
        // Some recordings were made by hand, with parts that are larger than their whole.
        if (Last(text, "reasoning_tokens") + Last(text, "audio_tokens") > Last(text, "completion_tokens")) usage.Violations.ShouldBe(["output_details"], source);
        else usage.Violations.ShouldBeEmpty(source);
        var told = text.Contains("\"usage\": {") || text.Contains("\"usage\":{") || text.Contains("\"usageMetadata\"");
        (usage.Tokens?.InputUncached is not null || usage.Tokens?.OutputText is not null).ShouldBe(told, source);
        if (!told || !usage.Measured) return false;
        usage.Json.ShouldNotBeNull(source);
        var total = Last(text, "total_tokens") ?? Last(text, "totalTokenCount");
        if (total is not null) (usage.Tokens!.InputTotal() + usage.Tokens.OutputTotal()).ShouldBe(total, source);
        if (Last(text, "cache_creation_input_tokens") is { } written && Last(text, "cache_read_input_tokens") is { } cached)
            usage.Tokens!.InputTotal().ShouldBe(Last(text, "input_tokens") + written + cached, source);
        return true;
    }

    private static long? Last(string text, string name)
    {
        var at = text.LastIndexOf($"\"{name}\"", StringComparison.Ordinal);
        if (at < 0) return null;
        var digits = text[(at + name.Length + 2)..].TrimStart(':', ' ', '\n', '\r').TakeWhile(char.IsAsciiDigit).ToArray();
        return digits.Length == 0 ? null : long.Parse(digits, System.Globalization.CultureInfo.InvariantCulture);
    }
}
