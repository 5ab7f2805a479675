namespace Espalier.Repository.Tests.Words;

public sealed class TypeFileTests
{
    [Fact]
    public void PublicTypes_OfTheSourceFolder_LieInFilesOfTheirName() => Violations.None(
        Checkout.Sources("src/").SelectMany(file => TypeFiles.Broken(file, Checkout.Read(file))),
        "One public type per file, named after it; only small records and enums stay beside it.");

    [Fact]
    public void Namespaces_OfTheSourceFolder_AreTheirFolders() => Violations.None(
        from file in Checkout.Sources("src/")
        let expected = "Espalier." + Path.GetDirectoryName(file)!["src/".Length..].Replace('/', '.')
        let line = Checkout.Lines(file).FirstOrDefault(line => line.StartsWith("namespace ", StringComparison.Ordinal))
        where line is not null && line != $"namespace {expected};"
        select $"{file}: {line}",
        "Namespace = folder.");

    [Theory]
    [InlineData("A.cs", "public sealed record A;\npublic enum B\n{\n}\n", null)]
    [InlineData("A.cs", "public interface B\n{\n}\n", "A.cs holds B and no A")]
    [InlineData("A.cs", "public class A;\npublic static class B\n{\n}\n", "A.cs holds a second class, B")]
    [InlineData("A.cs", "internal class B;\n", null)]
    public void Broken_Files_AreFound(string file, string text, string? expected) =>
        TypeFiles.Broken(file, text).SingleOrDefault().ShouldBe(expected);
}
