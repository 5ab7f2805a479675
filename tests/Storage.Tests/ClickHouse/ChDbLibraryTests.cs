using Espalier.Storage.ChDb;

namespace Espalier.Storage.Tests.ClickHouse;

public sealed class ChDbLibraryTests
{
    [Fact]
    public void Find_NamedFileMissing_TriesNothingElse()
    {
        ChDbLibrary.Find("/nowhere/libchdb.so").ShouldBeNull();
        ChDbLibrary.HowToGet("/nowhere/libchdb.so").ShouldContain("Looked for: /nowhere/libchdb.so.");
    }

    [Fact]
    public void Places_OfACheckout_AreBesideTheBinariesThenItsModulesThenTheCache()
    {
        using var checkout = new TemporaryFolder();
        Directory.CreateDirectory(checkout["eng/native"]);
        var places = ChDbLibrary.Places("", checkout["artifacts/bin/Server/debug"]).ToList();
        places[0].ShouldBe(checkout["artifacts/bin/Server/debug/libchdb.so"]);
        places[1].ShouldBe(checkout["eng/native/node_modules/@chdb/lib-linux-x64-gnu/libchdb.so"]);
        places[^1].ShouldEndWith("espalier/native/node_modules/@chdb/lib-linux-x64-gnu/libchdb.so");
        places.Count.ShouldBe(3);
    }

    [Fact]
    public void Version_InTheMessage_IsTheOneThatTheLockFilePins()
    {
        var checkout = new DirectoryInfo(AppContext.BaseDirectory);
        while (!File.Exists(Path.Combine(checkout.FullName, "Espalier.slnx"))) checkout = checkout.Parent.ShouldNotBeNull();
        var pinned = File.ReadAllText(Path.Combine(checkout.FullName, "eng", "native", "package-lock.json"));
        pinned.ShouldContain($"\"{ChDbLibrary.Package}\": \"{ChDbLibrary.Version}\"");
        pinned.ShouldNotContain("\"resolved\"");
    }
}
