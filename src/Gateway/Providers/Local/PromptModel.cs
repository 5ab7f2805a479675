using Espalier.Core.Agents;
using Espalier.Gateway.Text;

namespace Espalier.Gateway.Providers.Local;

/// <summary>What a local model learned from one prompt: its labels, its examples, and how close a query is to each.</summary>
/// <remarks>Nearest neighbours over the prompt's own examples, similarities to a power as votes, together with the similarity to the
/// label's name and description. It knows nothing but the prompt. Immutable, so one prompt prefix is learned once.</remarks>
internal sealed class PromptModel
{
    private readonly string[] _labels;
    private readonly int[] _labelOfExample;
    private readonly TfIdfIndex? _index;
    private readonly Vote _vote;

    public PromptModel(IReadOnlyList<AllowedLabel> allowed, IReadOnlyList<LabelledExample> examples, TextFeatures features, Vote vote)
    {
        _vote = vote;
        var outputs = examples.Select(example => example.Output.Trim()).ToList();
        var named = allowed.Select(label => label.Name).ToHashSet();
        // A list that no example answers with is a list of something else.
        if (outputs.Count > 0 && !outputs.Exists(named.Contains)) allowed = [];
        _labels = allowed.Count > 0 ? [.. allowed.Select(label => label.Name)] : [.. outputs.Distinct()];
        if (_labels.Length == 0)
        {
            _labelOfExample = [];
            return;
        }

        var position = _labels.Index().ToDictionary(pair => pair.Item, pair => pair.Index);
        var usable = examples.Zip(outputs).Where(pair => position.ContainsKey(pair.Second)).ToList();
        _labelOfExample = [.. usable.Select(pair => position[pair.Second])];
        var described = allowed.ToDictionary(label => label.Name, label => label.Description);
        _index = new TfIdfIndex(
            [.. _labels.Select(label => Describe(label, described.GetValueOrDefault(label))), .. usable.Select(pair => pair.First.Input)],
            features);
    }

    /// <summary>The best label with its confidence; null when the prompt names neither labels nor examples.</summary>
    public LocalAnswer? Answer(string query)
    {
        if (_index is null) return null;
        var similarities = _index.Similarities(query);
        var scores = new double[_labels.Length];
        for (var label = 0; label < _labels.Length; label++) scores[label] = Vote.OfName(similarities[label]);
        for (var example = 0; example < _labelOfExample.Length; example++)
            scores[_labelOfExample[example]] += _vote.OfExample(similarities[_labels.Length + example]);

        var (best, first, second) = (0, double.NegativeInfinity, 0.0);
        for (var label = 0; label < scores.Length; label++)
        {
            if (scores[label] > first) (best, first, second) = (label, scores[label], Math.Max(0, first));
            else second = Math.Max(second, scores[label]);
        }

        return new LocalAnswer(_labels[best], Vote.Confidence(first, second, _labels.Length));
    }

    /// <summary>A label as the words that it is made of, with its description.</summary>
    private static string Describe(string label, string? description) => $"{label.Replace('_', ' ')} {description}";
}

/// <param name="Text">The label.</param>
/// <param name="Confidence">In (0, 1].</param>
internal readonly record struct LocalAnswer(string Text, double Confidence);
