using Espalier.Workers.Sandboxes.Bubblewrap;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Options;

namespace Espalier.Workers.Tests.Fakes;

/// <summary>A folder that others may not enter, as data folders are.</summary>
internal sealed class TestFolder : IDisposable
{
    public string Path { get; } = Directory.CreateTempSubdirectory("espalier-test-").FullName;

    public void Dispose() => Directory.Delete(Path, recursive: true);

    public BubblewrapSandbox Bubblewrap(Action<WorkersOptions>? change = null) =>
        new(Options(change), NullLogger<BubblewrapSandbox>.Instance);

    public IOptions<WorkersOptions> Options(Action<WorkersOptions>? change = null)
    {
        var options = new WorkersOptions { StateFolder = Path };
        change?.Invoke(options);
        return Microsoft.Extensions.Options.Options.Create(options);
    }
}
