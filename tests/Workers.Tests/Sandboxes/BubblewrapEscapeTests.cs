using Espalier.Core.Runs;
using Espalier.Workers.Sandboxes.Bubblewrap;
using Espalier.Workers.Tests.Fakes;

namespace Espalier.Workers.Tests.Sandboxes;

public sealed class BubblewrapEscapeTests : EscapeContract
{
    private readonly TestFolder _folder = new();
    private readonly BubblewrapSandbox _sandbox;

    public BubblewrapEscapeTests() => _sandbox = _folder.Bubblewrap();

    protected override ISandbox Sandbox => _sandbox;

    public override async ValueTask DisposeAsync()
    {
        await _sandbox.DisposeAsync();
        _folder.Dispose();
        await base.DisposeAsync();
    }
}
