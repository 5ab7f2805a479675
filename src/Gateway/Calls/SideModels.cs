using Espalier.Gateway.Accounting;
using Espalier.Gateway.Formats;
using Espalier.Gateway.Formats.Json;
using Espalier.Gateway.Providers;

namespace Espalier.Gateway.Calls;

/// <summary>Asks models on behalf of policies. What they cost is the call's: its budget, its trace, its sum.</summary>
internal sealed class SideModels(CallRecord call, ModelCatalog models, AttemptBook book, AttemptRunner runner, CancellationToken clientGone)
{
    /// <summary>The text of the answer.</summary>
    /// <exception cref="ProviderFailedException">The model did not answer.</exception>
    public async Task<string> AskAsync(SideQuestion question, CancellationToken cancellationToken)
    {
        var format = WireFormats.All[WireFormats.OpenAiChat];
        var request = format.Parse(Body(question), default);
        // Policies are compiled against the catalogue, so the name is served.
        var model = models.Find(question.Model) ?? throw new InvalidOperationException($"Nobody serves '{question.Model}'.");
        var exchange = Exchange.Of(request, model, new Dropped(), new RequestChanges
        {
            Model = model.Model,
            Prompt = request.Prompt,
            Slot = null,
            Stream = false,
            WantConfidence = false,
            StreamOptions = model.Provider.StreamOptions,
        });
        var (_, reading) = await runner.CompleteAsync(
            new AttemptJob
            {
                Call = call,
                Model = model,
                Role = question.Role,
                Request = exchange.Request,
                NewReading = exchange.Format.NewReading,
                OutputTokens = book.OutputTokens(question.MostTokens, 1),
                ChangedMessages = WireRequest.Describe(request.Prompt),
                ErrorEvent = _ => default,
                ClientGone = clientGone,
            },
            cancellationToken);
        return reading.Output;
    }

    private static ReadOnlyMemory<byte> Body(SideQuestion question) => Wire.Write(json =>
    {
        json.WriteStartObject();
        json.WriteString("model", question.Model);
        json.WriteStartArray("messages");
        foreach (var (role, text) in (ReadOnlySpan<(string, string)>)[("system", question.Instructions), ("user", question.Text)])
        {
            json.WriteStartObject();
            json.WriteString("role", role);
            json.WriteString("content", text);
            json.WriteEndObject();
        }

        json.WriteEndArray();
        json.WriteNumber("temperature", 0);
        json.WriteNumber("max_tokens", question.MostTokens);
        json.WriteEndObject();
    });
}
