using Espalier.Contracts.Traces;
using Espalier.Gateway.Providers;

namespace Espalier.Gateway.Calls.Fallbacks;

/// <summary>Who is still to be asked in one model's place, in order; each at most once.</summary>
/// <param name="fallbacks">All that there are.</param>
/// <param name="first">The model itself.</param>
/// <param name="hasTime">Whether another one may begin now.</param>
internal sealed class FallbackPlan(IReadOnlyList<Fallback> fallbacks, string first, Func<bool> hasTime)
{
    private readonly HashSet<string> _asked = [first];

    public static FallbackPlan None { get; } = new([], "", static () => false);

    /// <summary>Whether anybody is left who helps against it.</summary>
    public bool Covers(FailureClass failure) => hasTime() && fallbacks.Any(fallback => fallback.On.Contains(failure) && !_asked.Contains(fallback.Model));

    /// <summary>Asks the model, and after each failure the next one who helps against it.</summary>
    /// <exception cref="ProviderFailedException">Nobody is left; it is the last one's failure.</exception>
    public async Task<T> AskAsync<T>(ModelAsk ask, Func<ModelAsk, Task<T>> serve, CancellationToken clientGone)
    {
        ask = ask with { Plan = this };
        while (true)
        {
            try
            {
                return await serve(ask);
            }
            catch (ProviderFailedException failed) when (!clientGone.IsCancellationRequested && Next(failed.Failure) is { } next)
            {
                ask = ask with { Model = next, Role = AttemptRole.Fallback };
            }
        }
    }

    private string? Next(ProviderFailure failure)
    {
        if (!hasTime()) return null;
        foreach (var fallback in fallbacks)
            if (fallback.On.Contains(failure.Class) && _asked.Add(fallback.Model)) return fallback.Model;
        return null;
    }
}
