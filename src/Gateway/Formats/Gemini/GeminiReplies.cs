using System.Globalization;
using System.Text.Json;
using Espalier.Contracts.Traces;
using Espalier.Gateway.Accounting.Usage;
using Espalier.Gateway.Formats.Json;
using Espalier.Gateway.Formats.Neutral;

namespace Espalier.Gateway.Formats.Gemini;

/// <summary>generateContent's replies to and from the neutral form.</summary>
internal static class GeminiReplies
{
    public static NeutralReply Read(ReadOnlyMemory<byte> body)
    {
        var json = JsonRead.Parse(body);
        var usage = new GeminiUsageReader();
        usage.ReadBody(body.Span);
        List<Answer> answers =
        [
            .. json.Objects("candidates").Select((candidate, position) =>
            {
                var calls = 0;
                var id = json.Text("responseId") ?? "";
                List<Part> parts = candidate.Object("content") is { } content ? [.. GeminiReader.ReadParts(content, call => CallId(call, id, position, ref calls), _ => "", null)] : [];
                return new Answer((int)(candidate.Whole("index") ?? position), parts, ReadStop(candidate.Either("finishReason").Text(), parts.Exists(part => part is Part.Call)))
                {
                    Logprobs = ReadLogprobs(candidate),
                };
            }),
        ];
        // A prompt that was blocked has an end and no answer.
        if (answers.Count == 0) answers.Add(new Answer(0, [], StopReason.Filter));
        return new NeutralReply
        {
            Id = json.Either("responseId").Text() ?? "",
            Model = json.Either("modelVersion").Text() ?? "",
            Usage = usage.Report().Tokens,
            Answers = answers,
        };
    }

    public static ReadOnlyMemory<byte> Write(NeutralReply reply) => Wire.Write(json =>
    {
        json.WriteStartObject();
        json.WriteStartArray("candidates");
        foreach (var answer in reply.Answers)
        {
            WriteCandidate(json, answer.Index, () => GeminiWriter.WriteParts(json, answer.Parts, new Dictionary<string, string>(), null), answer.Stop, answer.Logprobs);
        }

        json.WriteEndArray();
        WriteEnd(json, reply.Usage, reply.Model, reply.Id);
        json.WriteEndObject();
    });

    public static void WriteCandidate(Utf8JsonWriter json, int index, Action writeParts, StopReason? stop, IReadOnlyList<TokenLogprob> logprobs)
    {
        json.WriteStartObject();
        json.WriteStartObject("content");
        json.WriteStartArray("parts");
        writeParts();
        json.WriteEndArray();
        json.WriteString("role", "model");
        json.WriteEndObject();
        if (stop is { } reason) json.WriteString("finishReason", reason switch { StopReason.Length => "MAX_TOKENS", StopReason.Filter => "SAFETY", _ => "STOP" });
        json.WriteNumber("index", index);
        if (logprobs.Count > 0)
        {
            json.WriteNumber("avgLogprobs", logprobs.Average(token => token.Logprob));
            json.WriteStartObject("logprobsResult");
            json.WriteStartArray("chosenCandidates");
            foreach (var token in logprobs) WriteToken(json, token.Token, token.Logprob);
            json.WriteEndArray();
            json.WriteStartArray("topCandidates");
            foreach (var token in logprobs)
            {
                json.WriteStartObject();
                json.WriteStartArray("candidates");
                foreach (var (text, logprob) in token.Others) WriteToken(json, text, logprob);
                json.WriteEndArray();
                json.WriteEndObject();
            }

            json.WriteEndArray();
            json.WriteEndObject();
        }

        json.WriteEndObject();
    }

    public static void WriteEnd(Utf8JsonWriter json, TokenUsage? usage, string model, string id)
    {
        if (usage is not null)
        {
            var (input, thoughts) = (usage.InputTotal() ?? 0, usage.OutputReasoning ?? 0);
            var output = (usage.OutputTotal() ?? 0) - thoughts;
            json.WriteStartObject("usageMetadata");
            json.WriteNumber("promptTokenCount", input);
            json.WriteNumber("candidatesTokenCount", output);
            json.WriteNumber("totalTokenCount", input + output + thoughts);
            if (usage.CacheRead is { } read and > 0) json.WriteNumber("cachedContentTokenCount", read);
            if (thoughts > 0) json.WriteNumber("thoughtsTokenCount", thoughts);
            json.WriteEndObject();
        }

        json.WriteString("modelVersion", model);
        json.WriteString("responseId", id);
    }

    public static StopReason ReadStop(string? reason, bool calls) => reason switch
    {
        "MAX_TOKENS" => StopReason.Length,
        null or "STOP" or "FINISH_REASON_UNSPECIFIED" or "OTHER" or "MALFORMED_FUNCTION_CALL" or "UNEXPECTED_TOOL_CALL" => calls ? StopReason.Calls : StopReason.End,
        _ => StopReason.Filter,
    };

    /// <summary>A call's id, or one that no other reply of a conversation has.</summary>
    public static string CallId(JsonElement call, string reply, int answer, ref int calls) =>
        call.Text("id") ?? string.Create(CultureInfo.InvariantCulture, $"{GeminiReader.MadeUpId}{reply}_{answer}_{calls++}");

    public static IReadOnlyList<TokenLogprob> ReadLogprobs(JsonElement candidate)
    {
        if (candidate.Object("logprobsResult") is not { } result) return [];
        var others = result.Objects("topCandidates").Select(top => top.Objects("candidates").Select(Token).ToList()).ToList();
        return [.. result.Objects("chosenCandidates").Select((token, i) => new TokenLogprob(Token(token).Text, Token(token).Logprob, i < others.Count ? others[i] : []))];

        static (string Text, double Logprob) Token(JsonElement token) => (token.Text("token") ?? "", token.Number("logProbability") ?? 0);
    }

    private static void WriteToken(Utf8JsonWriter json, string token, double logprob)
    {
        json.WriteStartObject();
        json.WriteString("token", token);
        json.WriteNumber("logProbability", logprob);
        json.WriteEndObject();
    }
}
