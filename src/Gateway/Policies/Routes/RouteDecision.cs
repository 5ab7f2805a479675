using System.Globalization;
using System.Text;
using Espalier.Gateway.Formats.Json;

namespace Espalier.Gateway.Policies.Routes;

/// <summary>A choice that was made by chance: what a learner needs to weigh what came of it (off-policy, by inverse propensity).</summary>
/// <param name="At">Where the choice stands in <c>router.yaml</c>: <c>routes.triage</c>.</param>
/// <param name="Unit">What sticks to its arm: <c>run</c>, <c>conversation</c>, <c>user</c> or <c>call</c>.</param>
/// <param name="Chosen">Name of the chosen arm.</param>
/// <param name="Arms">All arms with their probabilities, which sum to 1.</param>
internal sealed record RouteDecision(string At, string Unit, string Chosen, IReadOnlyList<(string Name, double Probability)> Arms)
{
    public double Probability => Arms.First(arm => arm.Name == Chosen).Probability;

    /// <summary>As attributes of a span: <c>route.arm</c>, <c>route.probability</c> and <c>route.arms</c> of the last decision, <c>route.decisions</c> of all.</summary>
    public static void Describe(IReadOnlyList<RouteDecision> decisions, IDictionary<string, string> attributes)
    {
        if (decisions.Count == 0) return;
        var last = decisions[^1];
        attributes["route.arm"] = last.Chosen;
        // The chance of all that was chosen on the way: the choices are independent.
        attributes["route.probability"] = decisions.Aggregate(1.0, (all, one) => all * one.Probability).ToString("R", CultureInfo.InvariantCulture);
        attributes["route.arms"] = Text(json => WriteArms(json, last));
        attributes["route.decisions"] = Text(json =>
        {
            json.WriteStartArray();
            foreach (var one in decisions)
            {
                json.WriteStartObject();
                json.WriteString("at", one.At);
                json.WriteString("unit", one.Unit);
                json.WriteString("arm", one.Chosen);
                json.WriteNumber("probability", one.Probability);
                json.WritePropertyName("arms");
                WriteArms(json, one);
                json.WriteEndObject();
            }

            json.WriteEndArray();
        });
    }

    private static void WriteArms(System.Text.Json.Utf8JsonWriter json, RouteDecision decision)
    {
        json.WriteStartArray();
        foreach (var (name, probability) in decision.Arms)
        {
            json.WriteStartObject();
            json.WriteString("arm", name);
            json.WriteNumber("probability", probability);
            json.WriteEndObject();
        }

        json.WriteEndArray();
    }

    private static string Text(Action<System.Text.Json.Utf8JsonWriter> write) => Encoding.UTF8.GetString(Wire.Write(write).Span);
}
