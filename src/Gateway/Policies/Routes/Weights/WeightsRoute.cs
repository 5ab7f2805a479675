using System.Buffers.Binary;
using System.Security.Cryptography;
using System.Text;
using Espalier.Core.Shared;
using Espalier.Gateway.Calls;

namespace Espalier.Gateway.Policies.Routes.Weights;

/// <summary>One of several routes by chance: <c>weights: { sticky: run, arms: [ { weight: 90, model: a }, { weight: 10, model: b } ] }</c>.</summary>
/// <remarks>The first 53 bits of SHA-256(salt, line feed, id) are a number in [0, 1), and the arm into whose share that falls is taken: one run, conversation or user
/// has one arm for as long as salt and weights stay, on every server, with nothing remembered.</remarks>
internal sealed record WeightsRoute(string Path, string Salt, Sticky Sticky, IReadOnlyList<WeightsArm> Arms) : IRoutePolicy
{
    public const string Key = "weights";

    private const int MostArms = 20;
    private const double MostWeight = 1_000_000;

    private readonly IReadOnlyList<(string Name, double Probability)> _probabilities = Shares(Arms);

    public string Name => Key;

    public string UsualModel => Arms.MaxBy(arm => arm.Weight)!.Route.UsualModel;

    public static WeightsRoute Read(StrictYaml yaml, RouteScope scope)
    {
        const string example = "weights: { arms: [ { weight: 90, model: a }, { weight: 10, model: b } ] }";
        var weights = yaml.Mapping(Key) ?? throw yaml.Bad(Key, "is empty", $"Write '{example}'.");
        var sticky = weights.Text("sticky") ?? "run";
        if (sticky is not ("run" or "conversation" or "user" or "call")) throw weights.Bad("sticky", $"is '{sticky}'", "Write run, conversation, user or call.");
        var salt = weights.Text("salt") ?? scope.Path;
        var arms = (weights.Mappings("arms") ?? []).Select((arm, i) => ReadArm(arm, i, scope)).ToList();
        if (arms.Count is < 2 or > MostArms) throw weights.Bad("arms", $"holds {arms.Count} arms", $"Write 2 to {MostArms}, as in '{example}'.");
        if (arms.Sum(arm => arm.Weight) <= 0) throw weights.Bad("arms", "holds no weight above 0", "Give at least one arm a weight above 0.");
        if (arms.GroupBy(arm => arm.Name).FirstOrDefault(group => group.Count() > 1) is { } twice)
            throw weights.Bad("arms", $"holds two arms named '{twice.Key}'", "Give each a name of its own, as in 'name: careful'.");
        weights.Finish();
        return new WeightsRoute(scope.Path, salt, Enum.Parse<Sticky>(sticky, ignoreCase: true), arms);
    }

    public Task<ReadOnlyMemory<byte>?> ServeAsync(RoutedCall call, CancellationToken cancellationToken)
    {
        var (unit, id) = call.Question.IdOf(Sticky);
        var chosen = Choose(id);
        call.Note(new RouteDecision(Path, unit, Arms[chosen].Name, _probabilities));
        return Arms[chosen].Route.ServeAsync(call, cancellationToken);
    }

    /// <summary>Index of the arm that an id falls to.</summary>
    internal int Choose(string id)
    {
        var hash = SHA256.HashData(Encoding.UTF8.GetBytes($"{Salt}\n{id}"));
        var at = (BinaryPrimitives.ReadUInt64BigEndian(hash) >> 11) * (1.0 / (1UL << 53));
        var end = 0.0;
        for (var i = 0; i < Arms.Count; i++)
        {
            end += _probabilities[i].Probability;
            if (at < end) return i;
        }

        // The shares may sum to a little less than 1.
        return Arms.Count - 1 - Arms.Reverse().TakeWhile(arm => arm.Weight == 0).Count();
    }

    private static WeightsArm ReadArm(StrictYaml yaml, int index, RouteScope scope)
    {
        var weight = yaml.Number("weight") ?? throw yaml.Bad("weight", "is missing", "Write the arm's share, as in 'weight: 10'; shares need not sum to 100.");
        if (weight is < 0 or > MostWeight) throw yaml.Bad("weight", $"is {weight}", $"Write a number from 0 to {MostWeight}.");
        var name = yaml.Text("name");
        var route = RouteReader.ReadPart(yaml, scope.Inside(yaml, name ?? $"arms[{index}]"));
        yaml.Finish();
        return new WeightsArm(name ?? (route is Direct.DirectRoute direct ? direct.UsualModel : $"arm{index + 1}"), weight, route);
    }

    private static IReadOnlyList<(string, double)> Shares(IReadOnlyList<WeightsArm> arms)
    {
        var sum = arms.Sum(arm => arm.Weight);
        return [.. arms.Select(arm => (arm.Name, arm.Weight / sum))];
    }
}

/// <param name="Name">Of the arm in traces.</param>
/// <param name="Weight">Its share, in no unit.</param>
/// <param name="Route">What is done with the calls that fall to it.</param>
internal sealed record WeightsArm(string Name, double Weight, IRoutePolicy Route);
