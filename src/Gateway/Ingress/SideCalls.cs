using System.Text;
using System.Text.Json;
using Espalier.Contracts.Traces;
using Espalier.Gateway.Accounting;
using Espalier.Gateway.Accounting.Usage;
using Espalier.Gateway.Calls;
using Espalier.Gateway.Formats;
using Espalier.Gateway.Formats.Embeddings;
using Espalier.Gateway.Formats.Json;
using Espalier.Gateway.Formats.Readings;
using Espalier.Gateway.Providers;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.Options;

namespace Espalier.Gateway.Ingress;

/// <summary>What vendors offer beside answers: lists of models, counts of tokens, embeddings.</summary>
internal sealed class SideCalls(
    ModelCalls calls, AttemptRunner runner, ModelCatalog models, TimeProvider time, IOptions<GatewayOptions> options)
{
    public async Task ListModelsAsync(HttpContext http, RunAccount run)
    {
        var anthropic = http.Request.Headers.ContainsKey("anthropic-version");
        var names = await NamesAsync(http, run);
        await IngressCall.WriteAsync(http, StatusCodes.Status200OK, Wire.Write(json =>
        {
            json.WriteStartObject();
            if (!anthropic) json.WriteString("object", "list");
            json.WriteStartArray("data");
            foreach (var (id, owner) in names)
                if (anthropic) WriteAnthropicModel(json, id);
                else WriteModel(json, id, owner);
            json.WriteEndArray();
            if (anthropic)
            {
                json.WriteBoolean("has_more", false);
                json.WriteString("first_id", names.Count > 0 ? names[0].Id : null);
                json.WriteString("last_id", names.Count > 0 ? names[^1].Id : null);
            }

            json.WriteEndObject();
        }));
    }

    public async Task FindModelAsync(HttpContext http, RunAccount run)
    {
        var asked = (string)http.GetRouteValue("model")!;
        var version = await calls.PoliciesAsync(run, http.RequestAborted);
        var owner = version.Slots.ContainsKey(asked) ? "slot" : calls.FindModel(asked, version).Provider.Name;
        var anthropic = http.Request.Headers.ContainsKey("anthropic-version");
        await IngressCall.WriteAsync(http, StatusCodes.Status200OK, Wire.Write(json =>
        {
            if (anthropic) WriteAnthropicModel(json, asked);
            else WriteModel(json, asked, owner);
        }));
    }

    public async Task ListGeminiModelsAsync(HttpContext http, RunAccount run)
    {
        var names = await NamesAsync(http, run);
        await IngressCall.WriteAsync(http, StatusCodes.Status200OK, Wire.Write(json =>
        {
            json.WriteStartObject();
            json.WriteStartArray("models");
            foreach (var (id, _) in names) WriteGeminiModel(json, id);
            json.WriteEndArray();
            json.WriteEndObject();
        }));
    }

    public async Task FindGeminiModelAsync(HttpContext http, RunAccount run)
    {
        var asked = (string)http.GetRouteValue("model")!;
        var version = await calls.PoliciesAsync(run, http.RequestAborted);
        if (!version.Slots.ContainsKey(asked)) calls.FindModel(asked, version);
        await IngressCall.WriteAsync(http, StatusCodes.Status200OK, Wire.Write(json => WriteGeminiModel(json, asked)));
    }

    /// <summary>Counts the tokens of a request: the provider does where it can, else they are estimated and the answer says so.</summary>
    public async Task CountAsync(HttpContext http, RunAccount run, IWireFormat format, string? pathModel)
    {
        var body = await RequestBody.ReadAsync(http, options.Value, time, http.RequestAborted);
        var version = await calls.PoliciesAsync(run, http.RequestAborted);
        var request = WireRequest.Scan(format, body, new RequestTarget(pathModel), (string name, WireRequest scanned, ref Utf8JsonReader reader) =>
        {
            if (name == "model" && pathModel is null) scanned.Model = WireReader.Text(name, ref reader);
            else reader.Skip();
        });
        var model = calls.FindModel(version.Route(request.Model, site: null).UsualModel, version);
        var isGemini = format.Name == WireFormats.Gemini;
        if (!model.Provider.Formats.Contains(format.Name) || !model.Provider.Supports(Operation.CountTokens))
        {
            http.Response.Headers["x-espalier-estimated"] = isGemini ? "totalTokens" : "input_tokens";
            await IngressCall.WriteAsync(http, StatusCodes.Status200OK, Wire.Write(json =>
            {
                json.WriteStartObject();
                json.WriteNumber(isGemini ? "totalTokens" : "input_tokens", UsageEstimate.Of(body.Length, 0).InputUncached ?? 0);
                json.WriteEndObject();
            }));
            return;
        }

        // Vendors count for nothing, so nothing is reserved and no attempt is noted.
        var reply = await model.Provider.SendAsync(
            new ProviderRequest
            {
                Model = model.Model,
                Format = format.Name,
                Body = Renamed(request, model.Model, pathModel),
                Stream = false,
                Operation = Operation.CountTokens,
                Headers = AnswerEndpoints.Headers(http),
            },
            http.RequestAborted);
        await IngressCall.WriteAsync(http, StatusCodes.Status200OK, Whole(reply, format.Name));
    }

    public async Task EmbedAsync(HttpContext http, RunAccount run, IWireFormat format, Operation operation, string? pathModel)
    {
        var body = await RequestBody.ReadAsync(http, options.Value, time, http.RequestAborted);
        var input = "";
        var request = WireRequest.Scan(format, body, new RequestTarget(pathModel), (string name, WireRequest scanned, ref Utf8JsonReader reader) =>
        {
            var start = (int)reader.TokenStartIndex;
            if (name == "model" && pathModel is null) scanned.Model = WireReader.Text(name, ref reader);
            else reader.Skip();
            if (name is "input" or "content" or "requests") input = Encoding.UTF8.GetString(scanned.Body.Span[start..(int)reader.BytesConsumed]);
        });
        var version = await calls.PoliciesAsync(run, http.RequestAborted);
        var model = calls.FindModel(version.Route(request.Model, site: null).UsualModel, version);
        var isSame = model.Provider.Formats.Contains(format.Name) && model.Provider.Supports(operation);
        var to = isSame ? (format.Name, operation, List(format, operation)) : EmbeddingsTranslation.To(format.Name, model.Provider);
        if (to is not var (spoken, asking, list))
        {
            throw CallRefusal.Invalid(
                $"'{model.FullName}' of '{model.Provider.Name}' gives no embeddings.", "model", "operation_not_supported");
        }

        var call = new CallRecord(run, request.Model, time.GetUtcNow()) { Input = input };
        var dropped = new Dropped();
        IngressCall.SetHeaders(http, call);
        var asked = isSame ? null : EmbeddingsTranslation.Read(format.Name, operation, body, dropped);
        var sent = asked is null ? Renamed(request, model.Model, pathModel) : EmbeddingsTranslation.Write(spoken, model.Model, asked);
        var job = new AttemptJob
        {
            Call = call,
            Model = model,
            Role = AttemptRole.Primary,
            Request = new ProviderRequest
            {
                Model = model.Model,
                Format = spoken,
                Body = sent,
                Stream = false,
                Operation = asking,
                Headers = asked is null ? AnswerEndpoints.Headers(http) : [],
            },
            NewReading = () => new EmbeddingsReading(list),
            OutputTokens = 0,
            ErrorEvent = format.WriteError,
            ClientGone = http.RequestAborted,
        };
        var answer = await calls.RecordAsync(call, "embeddings", async token =>
        {
            var (reply, _) = await runner.CompleteAsync(job, token);
            call.Model = model.FullName;
            return asked is null ? reply : Translated(format.Name, request.Model, asked, reply, sent.Length, spoken);
        }, dropped, http.RequestAborted);
        IngressCall.SetHeaders(http, call, dropped);
        if (asked is not null && format.Name != WireFormats.Gemini) http.Response.Headers["x-espalier-estimated"] = "usage.prompt_tokens";
        await IngressCall.WriteAsync(http, StatusCodes.Status200OK, answer);
    }

    private static string List(IWireFormat format, Operation operation) => format.Name != WireFormats.Gemini ? "data" : operation == Operation.Embed ? "embedding" : "embeddings";

    /// <exception cref="ProviderFailedException">It is no reply of the provider's format.</exception>
    private static ReadOnlyMemory<byte> Translated(string to, string model, EmbeddingsAsked asked, ReadOnlyMemory<byte> reply, long bodyLength, string spoken)
    {
        try
        {
            return EmbeddingsTranslation.Reply(to, model, asked, reply, bodyLength);
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException or FormatException)
        {
            throw new ProviderFailedException(new ProviderFailure { Status = 502, Message = $"The model server's embeddings are not of their format. {e.Message}", MayBeBilled = true }, spoken);
        }
    }

    /// <exception cref="ProviderFailedException">There is none.</exception>
    public static ReadOnlyMemory<byte> Whole(ProviderReply reply, string format) => reply switch
    {
        ProviderReply.Completed completed => completed.Body,
        ProviderReply.Failed failed => throw new ProviderFailedException(failed.Failure, format),
        _ => throw new InvalidOperationException("A stream came where none was asked for."),
    };

    private async Task<List<(string Id, string Owner)>> NamesAsync(HttpContext http, RunAccount run)
    {
        var version = await calls.PoliciesAsync(run, http.RequestAborted);
        return
        [
            .. version.Slots.Keys.Order(StringComparer.Ordinal).Select(slot => (slot, "slot")),
            .. models.Names.Select(name => (name, models.Find(name)!.Provider.Name)),
        ];
    }

    private static ReadOnlyMemory<byte> Renamed(WireRequest request, string model, string? pathModel) => pathModel is not null || model == request.Model
        ? request.Body
        : request.Members.Edit(new Dictionary<string, ReadOnlyMemory<byte>?> { ["model"] = Wire.String(model) });

    private static void WriteModel(Utf8JsonWriter json, string id, string owner)
    {
        json.WriteStartObject();
        json.WriteString("id", id);
        json.WriteString("object", "model");
        json.WriteNumber("created", 0);
        json.WriteString("owned_by", owner);
        json.WriteEndObject();
    }

    private static void WriteGeminiModel(Utf8JsonWriter json, string id)
    {
        json.WriteStartObject();
        json.WriteString("name", $"models/{id}");
        json.WriteString("displayName", id);
        json.WriteStartArray("supportedGenerationMethods");
        json.WriteStringValue("generateContent");
        json.WriteStringValue("countTokens");
        json.WriteEndArray();
        json.WriteEndObject();
    }

    private static void WriteAnthropicModel(Utf8JsonWriter json, string id)
    {
        json.WriteStartObject();
        json.WriteString("type", "model");
        json.WriteString("id", id);
        json.WriteString("display_name", id);
        json.WriteString("created_at", "1970-01-01T00:00:00Z");
        json.WriteEndObject();
    }
}
