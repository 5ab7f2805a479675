using Espalier.Core.Shared;
using Espalier.Contracts.Traces;
using Espalier.Gateway.Calls;

namespace Espalier.Gateway.Policies.Routes.Cascade;

/// <summary>From cheap to dear: <c>cascade: [ { model: local/word-nn, below: 0.35 }, { model: local/char-nn } ]</c>.</summary>
internal sealed record CascadeRoute(IReadOnlyList<CascadeStep> Steps) : IRoutePolicy
{
    public const string Key = "cascade";

    private const int MostSteps = 5;

    public string Name => Key;

    public string UsualModel => Steps[^1].Model;

    public static CascadeRoute Read(StrictYaml yaml, RouteScope scope)
    {
        var steps = yaml.Mappings(Key) ?? [];
        if (steps.Count is < 2 or > MostSteps)
        {
            throw yaml.Bad(
                Key, $"has {steps.Count} steps", $"Write 2 to {MostSteps}, as in [{{ model: local/word-nn, below: 0.5 }}, {{ model: local/char-nn }}].");
        }

        return new CascadeRoute([.. steps.Select((step, i) => CascadeStep.Read(step, i == steps.Count - 1, scope))]);
    }

    public async Task<ReadOnlyMemory<byte>?> ServeAsync(RoutedCall call, CancellationToken cancellationToken)
    {
        for (var i = 0; i < Steps.Count - 1; i++)
        {
            try
            {
                var reply = await call.AskAsync(Steps[i].Model, AttemptRole.Cascade, Steps[i].Below is not null, null, cancellationToken);
                if (await Steps[i].WhyNotAsync(call, reply, cancellationToken) is not { } reason) return await call.ShowAsync(reply, cancellationToken);
                call.Note($"route.escalation.{i + 1}", reason);
            }
            catch (ProviderFailedException failed) when (!call.ClientGone.IsCancellationRequested)
            {
                // A cheap model that is down is a cheap model that is not sure.
                call.Note($"route.escalation.{i + 1}", $"failed: {failed.Message}");
            }
        }

        return await call.FinishAsync(Steps[^1].Model, AttemptRole.Cascade, cancellationToken);
    }
}
