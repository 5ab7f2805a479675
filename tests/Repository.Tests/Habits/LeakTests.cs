namespace Espalier.Repository.Tests.Habits;

public sealed class LeakTests
{
    [Fact]
    public void TrackedFiles_HoldNoPathsHostsOrSecrets() => Violations.None(
        from file in Checkout.Files
        where IsText(file)
        from line in Checkout.Lines(file).Select((text, i) => (Text: text, Number: i + 1))
        from leak in Leaks.Of(line.Text)
        select $"{file}:{line.Number}: {leak}",
        "A repository tells nothing of machines, registries or secrets.");

    // Each is put together here, so that this file itself stays clean.
    [Theory]
    [InlineData("/home/", "ada/espalier/src")]
    [InlineData("C:\\", "Users\\ada")]
    [InlineData("https://registry.", "npmjs.org/left-pad")]
    [InlineData("https://api.", "nuget.org/v3/index.json")]
    [InlineData("https://example.test/lib-1.0", ".tar.gz")]
    [InlineData("\"resolved\": \"https:", "//example.test/left-pad\"")]
    [InlineData("AKIA", "ABCDEFGHIJKLMNOP")]
    [InlineData("-----BEGIN RSA ", "PRIVATE KEY-----")]
    [InlineData("key: sk-", "0123456789abcdefghijklmnop")]
    public void Of_Leak_IsFound(string first, string second) => Leaks.Of(first + second).Count().ShouldBe(1);

    [Theory]
    [InlineData("http://127.0.0.1:7420/api/v1")]
    [InlineData("\"resolved\": \"10.0.15\"")]
    [InlineData("mounts /tmp and /usr/lib into the sandbox")]
    [InlineData("task-0123456789abcdefghijklmnop")]
    public void Of_OrdinaryLine_IsLeftAlone(string line) => Leaks.Of(line).ShouldBeEmpty();

    // Git's own test: a text has no zero byte in its first 8,000.
    private static bool IsText(string file)
    {
        using var stream = File.OpenRead(Checkout.At(file));
        Span<byte> start = stackalloc byte[8_000];
        return !start[..stream.ReadAtLeast(start, start.Length, throwOnEndOfStream: false)].Contains((byte)0);
    }
}
