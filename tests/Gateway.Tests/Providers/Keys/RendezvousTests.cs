using Espalier.Core.Shared;
using Espalier.Gateway.Providers.Keys;

namespace Espalier.Gateway.Tests.Providers.Keys;

public sealed class RendezvousTests
{
    private const int Callers = 20_000;

    [Fact]
    public void Weight_ManyCallers_AreSpreadEvenlyAndOnlyThoseOfAKeyThatGoesMove()
    {
        var dice = new Rng(11);
        var keys = Enumerable.Range(0, 5).Select(_ => dice.NextUInt64()).ToArray();
        var callers = Enumerable.Range(0, Callers).Select(_ => dice.NextUInt64()).ToArray();
        var before = callers.Select(caller => First(keys, caller)).ToArray();
        foreach (var share in keys.Select(key => before.Count(first => first == key)))
        {
            // Five standard deviations of a fifth of the callers.
            share.ShouldBeInRange(Callers / 5 - 283, Callers / 5 + 283);
        }

        var fewer = keys[1..];
        for (var i = 0; i < Callers; i++)
            if (before[i] != keys[0]) First(fewer, callers[i]).ShouldBe(before[i]);
        callers.Where((_, i) => before[i] == keys[0]).Select(caller => First(fewer, caller)).Distinct().Count().ShouldBe(4, "those that move do not all go to one");
    }

    private static ulong First(ulong[] keys, ulong caller) => keys.MaxBy(key => Rendezvous.Weight(key, caller));
}
