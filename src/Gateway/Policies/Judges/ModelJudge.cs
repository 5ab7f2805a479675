using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using Espalier.Contracts.Traces;
using Espalier.Core.Shared;
using Espalier.Gateway.Calls;
using Espalier.Gateway.Policies.Models;
using Espalier.Gateway.Providers;

namespace Espalier.Gateway.Policies.Judges;

/// <summary>A model that rates an answer in [0, 1]: <c>judge: { model: gpt-4.1-mini, below: 0.6, prompt: prompts/judge.md }</c>.</summary>
/// <param name="Model">Who judges.</param>
/// <param name="Least">A rating below this is not enough.</param>
/// <param name="Instructions">What it is told.</param>
internal sealed record ModelJudge(string Model, double Least, string Instructions)
{
    public const string Key = "judge";

    private const int MostTokens = 64;

    /// <summary>Longest end of a conversation that it is shown, in characters.</summary>
    private const int MostContext = 24_000;

    private static readonly string Usual = EmbeddedText.Read(typeof(ModelJudge), "judge.md");

    /// <summary>First digits of the instructions' hash: which words a rating was given by.</summary>
    public string PromptHash { get; } = Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(Instructions)))[..12];

    public static ModelJudge? Read(StrictYaml outer, ModelCatalog models, IReadOnlyDictionary<string, byte[]> files)
    {
        if (outer.Mapping(Key) is not { } yaml) return null;
        var model = ModelSlots.ReadModel(yaml, models);
        var least = yaml.Number("below") ?? 0.5;
        if (least is < 0 or > 1) throw yaml.Bad("below", $"is {least.ToString(CultureInfo.InvariantCulture)}", "Write a number from 0 to 1.");
        var instructions = Usual;
        if (yaml.Text("prompt") is { } path)
        {
            if (!files.TryGetValue(path, out var bytes))
                throw yaml.Bad("prompt", $"names the file '{path}', which the version does not have", "Write the path of a text from the root of the repository.");
            instructions = Encoding.UTF8.GetString(bytes);
        }

        yaml.Finish();
        return new ModelJudge(model, least, instructions);
    }

    /// <summary>Null when the judge could not be asked, or said no number.</summary>
    public async Task<double?> RateAsync(RoutedCall call, WholeReply reply, CancellationToken cancellationToken)
    {
        var facts = call.FactsOf(reply);
        var answer = facts.Calls.Aggregate(facts.Text, (text, one) => $"{text}\n[calls the tool {one.Name} with {one.Arguments}]").Trim();
        var context = call.Conversation;
        if (context.Length > MostContext) context = $"[...]{context[^MostContext..]}";
        call.Note("route.judge_prompt", PromptHash);
        try
        {
            var said = await call.Side.AskAsync(
                new SideQuestion(Model, Instructions, $"<conversation>\n{context}\n</conversation>\n\n<answer>\n{answer}\n</answer>", AttemptRole.Judge, MostTokens), cancellationToken);
            return ReadRating(said);
        }
        catch (ProviderFailedException) when (!call.ClientGone.IsCancellationRequested)
        {
            return null;
        }
    }

    /// <summary>The first number in [0, 1] that is said.</summary>
    internal static double? ReadRating(string said)
    {
        for (var i = 0; i < said.Length; i++)
        {
            if (!char.IsAsciiDigit(said[i])) continue;
            var end = i;
            while (end < said.Length && (char.IsAsciiDigit(said[end]) || (said[end] == '.' && end + 1 < said.Length && char.IsAsciiDigit(said[end + 1])))) end++;
            var negative = i > 0 && said[i - 1] == '-';
            var isRating = double.TryParse(said[i..end], NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out var number) && number is >= 0 and <= 1 && !negative;
            // Out of range is a judge that did not understand: no number behind it means anything.
            return isRating ? number : null;
        }

        return null;
    }
}
