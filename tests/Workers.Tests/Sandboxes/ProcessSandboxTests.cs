using Espalier.Core.Runs;
using Espalier.Testing.Contracts;
using Espalier.Workers.Sandboxes.Plain;
using Espalier.Workers.Tests.Fakes;
using Microsoft.Extensions.Logging.Abstractions;

namespace Espalier.Workers.Tests.Sandboxes;

public sealed class ProcessSandboxTests : SandboxContract
{
    private readonly TestFolder _folder = new();
    private readonly ProcessSandbox _sandbox;

    public ProcessSandboxTests() => _sandbox = new ProcessSandbox(_folder.Options(), NullLogger<ProcessSandbox>.Instance);

    protected override ISandbox Sandbox => _sandbox;

    [Fact]
    public async Task Check_Usable_SaysUnsafe() => (await _sandbox.CheckAsync(Cancel)).Detail.ShouldContain("UNSAFE");

    [Fact]
    public async Task Dispose_AfterRun_LeavesNoFolder()
    {
        Write("a", "b");
        await RunAsync("cat a");
        Directory.GetDirectories(Path.Combine(_folder.Path, "work")).ShouldHaveSingleItem();
        Directory.GetFileSystemEntries(Path.Combine(_folder.Path, "work"), "*", SearchOption.AllDirectories).ShouldHaveSingleItem();
        await _sandbox.DisposeAsync();
        Directory.GetFileSystemEntries(Path.Combine(_folder.Path, "work")).ShouldBeEmpty();
    }

    [Fact]
    public void Start_LeftoverOfDeadServer_IsRemoved()
    {
        var left = Directory.CreateDirectory(Path.Combine(_folder.Path, "work", "espalier-1-1-1", "3")).Parent!;
        _ = new ProcessSandbox(_folder.Options(), NullLogger<ProcessSandbox>.Instance);
        Directory.Exists(left.FullName).ShouldBeFalse();
    }

    [Fact]
    public async Task Memory_OverLimit_IsRefused() =>
        (await RunAsync(Spec("python3 -c 'x = bytearray(1 << 29)'") with { MemoryBytes = 128 << 20 })).Stderr.ShouldContain("MemoryError");

    public override async ValueTask DisposeAsync()
    {
        await _sandbox.DisposeAsync();
        _folder.Dispose();
        await base.DisposeAsync();
    }
}
