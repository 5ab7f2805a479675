namespace Espalier.Cli.Output;

/// <summary>Answers that go to a file the user named.</summary>
internal static class Files
{
    public static async Task WriteAsync(Invocation invocation, string file, string text, CancellationToken cancellationToken)
    {
        var path = invocation.PathOf(file);
        try
        {
            await File.WriteAllTextAsync(path, text, cancellationToken);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            throw CliError.Usage($"{path} cannot be written: {exception.Message}", "-o names the file to write.", "Choose another path.");
        }

        invocation.Answer(new WrittenFile(path), CliJson.Default.WrittenFile, () => invocation.Line(path));
    }
}
