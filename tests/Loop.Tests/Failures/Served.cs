using Espalier.Loop.Tests.Agents;
using Espalier.Loop.Tests.Programs;

[assembly: AssemblyFixture(typeof(Espalier.Loop.Tests.Failures.Served))]

namespace Espalier.Loop.Tests.Failures;

/// <summary>One place with a server that many tests share, each with folders and agents of its own below it.</summary>
public sealed class Served : IAsyncDisposable
{
    private readonly Lazy<Task<Place>> _place = new(StartAsync);

    internal Task<Place> PlaceAsync() => _place.Value;

    public async ValueTask DisposeAsync()
    {
        if (_place.IsValueCreated) await (await _place.Value).DisposeAsync();
    }

    private static async Task<Place> StartAsync()
    {
        var place = new Place();
        (await place.RunAsync("up", "--detach")).Done();
        SmallAgent.WriteCases(place);
        return place;
    }
}
