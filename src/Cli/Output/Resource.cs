using System.Reflection;

namespace Espalier.Cli.Output;

/// <summary>Texts that are part of the program.</summary>
internal static class Resource
{
    public static string Read(string name)
    {
        using var stream = Assembly.GetExecutingAssembly().GetManifestResourceStream(name)
            ?? throw new InvalidOperationException($"The resource {name} is missing from the program.");
        using var reader = new StreamReader(stream);
        return reader.ReadToEnd();
    }
}
