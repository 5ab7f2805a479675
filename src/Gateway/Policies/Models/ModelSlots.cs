using System.Globalization;
using System.Text;
using Espalier.Core.Shared;
using Espalier.Gateway.Formats.Json;
using Espalier.Gateway.Providers;

namespace Espalier.Gateway.Policies.Models;

/// <summary>Reads <c>models.yaml</c>: <c>slots: { triage: { model: local/char-nn, temperature: 0, max_tokens: 32 } }</c>.</summary>
internal static class ModelSlots
{
    private static readonly (string Name, decimal Least, decimal Most)[] Numbers =
    [
        ("temperature", 0, 2), ("top_p", 0, 1), ("frequency_penalty", -2, 2), ("presence_penalty", -2, 2),
    ];

    private static readonly string[] Counts = ["max_tokens", "max_completion_tokens"];

    public static IReadOnlyDictionary<string, ModelSlot> Read(StrictYaml yaml, ModelCatalog models)
    {
        var slots = new Dictionary<string, ModelSlot>();
        if (yaml.Mapping("slots") is not { } named) return slots;
        foreach (var name in named.Keys)
        {
            var slot = named.Mapping(name) ?? throw named.Bad(name, "is empty", $"Write '{name}: {{ model: local/char-nn }}'.");
            var model = ReadModel(slot, models);
            var parameters = ReadParameters(slot, out var maxTokens);
            slots.Add(name, new ModelSlot(model, parameters, maxTokens));
            slot.Finish();
        }

        return slots;
    }

    /// <summary>The key <c>model</c>, which must name a model that somebody serves.</summary>
    public static string ReadModel(StrictYaml yaml, ModelCatalog models)
    {
        var model = yaml.RequiredText("model", "local/char-nn");
        return models.Find(model) is not null ? model : throw yaml.Bad("model", $"names '{model}', which nobody serves", models.Advice());
    }

    private static Dictionary<string, ReadOnlyMemory<byte>> ReadParameters(StrictYaml slot, out long? maxTokens)
    {
        var parameters = new Dictionary<string, ReadOnlyMemory<byte>>();
        foreach (var (name, least, most) in Numbers)
        {
            if (slot.Text(name) is not { } text) continue;
            // Kept as decimal digits, so that 0.7 goes to the wire as 0.7.
            if (!decimal.TryParse(text, NumberStyles.AllowLeadingSign | NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out var value)
                || value < least || value > most) throw slot.Bad(name, $"is '{text}'", $"Write a number from {least} to {most}.");
            parameters.Add(name, Encoding.ASCII.GetBytes(value.ToString(CultureInfo.InvariantCulture)));
        }

        maxTokens = null;
        foreach (var name in Counts)
        {
            if (slot.WholeNumber(name, 1, 1_000_000) is not { } count) continue;
            maxTokens = count;
            parameters.Add(name, Encoding.ASCII.GetBytes($"{count}"));
        }

        if (Counts.All(parameters.ContainsKey)) throw slot.Bad(Counts[1], "is set beside max_tokens", "Keep one of the two.");
        if (slot.WholeNumber("seed", int.MinValue, int.MaxValue) is { } seed) parameters.Add("seed", Encoding.ASCII.GetBytes($"{seed}"));
        if (slot.Text("reasoning_effort") is { } effort) parameters.Add("reasoning_effort", Wire.String(effort));
        return parameters;
    }
}
