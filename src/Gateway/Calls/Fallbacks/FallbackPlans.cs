using Espalier.Core.Shared;
using Espalier.Gateway.Accounting;
using Espalier.Gateway.Policies;
using Espalier.Gateway.Providers;
using Microsoft.Extensions.Options;

namespace Espalier.Gateway.Calls.Fallbacks;

/// <summary>Finds the fallbacks of a call: those of the version, else those of the server.</summary>
internal sealed class FallbackPlans
{
    private readonly TimeSpan _most;
    private readonly TimeProvider _time;
    private readonly Dictionary<string, IReadOnlyList<Fallback>> _ofServer;

    /// <exception cref="OptionsValidationException">A class of failures has no such name.</exception>
    public FallbackPlans(IOptions<GatewayOptions> options, TimeProvider time)
    {
        (_most, _time) = (options.Value.MaxTryTime, time);
        _ofServer = options.Value.Fallbacks.ToDictionary(entry => entry.Key, IReadOnlyList<Fallback> (entry) => [.. entry.Value.Take(Fallback.Most).Select(one => Read(entry.Key, one))]);
    }

    /// <param name="version">Whose policies.</param>
    /// <param name="call">What the agent asked for.</param>
    /// <param name="model">The model that is asked first.</param>
    public FallbackPlan Of(VersionPolicies version, CallRecord call, string model)
    {
        var fallbacks = version.Fallbacks.GetValueOrDefault(call.ModelRequested) ?? version.Fallbacks.GetValueOrDefault(model)
            ?? _ofServer.GetValueOrDefault(call.ModelRequested) ?? _ofServer.GetValueOrDefault(model);
        return fallbacks is null ? FallbackPlan.None : new FallbackPlan(fallbacks, model, () => _time.GetUtcNow() - call.Start <= _most);
    }

    private static Fallback Read(string name, FallbackOptions one)
    {
        if (Fallback.Classes(one.On) is { } classes) return new Fallback(one.Model, classes);
        var wrong = one.On.First(word => !FailureClasses.Words.ContainsKey(word));
        throw new OptionsValidationException(
            GatewayOptions.Section, typeof(GatewayOptions),
            [$"{GatewayOptions.Section}:Fallbacks:{name} names '{wrong}', which is no class of failures. Nearest: {string.Join(", ", Nearest.Of(wrong, FailureClasses.Words.Keys, 1))}. There are {string.Join(", ", FailureClasses.Words.Keys)}."]);
    }
}
