using System.Text;
using System.Text.Json;
using Espalier.Contracts.Traces;
using Espalier.Gateway.Accounting;
using Espalier.Gateway.Accounting.Usage;
using Espalier.Gateway.Calls;
using Espalier.Gateway.Formats;
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
            foreach (var (id, _) in names)
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

            json.WriteEndArray();
            json.WriteEndObject();
        }));
    }

    /// <summary>Counts the tokens of a request: the provider does where it can, else they are estimated and the answer says so.</summary>
    public async Task CountAsync(HttpContext http, RunAccount run, IWireFormat format, string? pathModel)
    {
        var body = await RequestBody.ReadAsync(http, options.Value.MaxBodyBytes, http.RequestAborted);
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
        var body = await RequestBody.ReadAsync(http, options.Value.MaxBodyBytes, http.RequestAborted);
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
        if (!model.Provider.Formats.Contains(format.Name) || !model.Provider.Supports(operation))
        {
            throw CallRefusal.Invalid(
                $"'{model.FullName}' of '{model.Provider.Name}' gives no embeddings on this path. Ask on the path of its own vendor for them.", "model", "operation_not_supported");
        }

        var call = new CallRecord(run, request.Model, time.GetUtcNow()) { Input = input };
        var dropped = new Dropped();
        IngressCall.SetHeaders(http, call);
        var list = format.Name != WireFormats.Gemini ? "data" : operation == Operation.Embed ? "embedding" : "embeddings";
        var job = new AttemptJob
        {
            Call = call,
            Model = model,
            Role = AttemptRole.Primary,
            Request = new ProviderRequest
            {
                Model = model.Model,
                Format = format.Name,
                Body = Renamed(request, model.Model, pathModel),
                Stream = false,
                Operation = operation,
                Headers = AnswerEndpoints.Headers(http),
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
            return reply;
        }, dropped, http.RequestAborted);
        IngressCall.SetHeaders(http, call, dropped);
        await IngressCall.WriteAsync(http, StatusCodes.Status200OK, answer);
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
