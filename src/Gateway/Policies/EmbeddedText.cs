namespace Espalier.Gateway.Policies;

/// <summary>Texts that lie beside the code that uses them.</summary>
internal static class EmbeddedText
{
    public static string Read(Type beside, string name)
    {
        using var stream = beside.Assembly.GetManifestResourceStream(beside, name)
            ?? throw new InvalidOperationException($"{name} is not embedded beside {beside.Name}.");
        using var reader = new StreamReader(stream);
        return reader.ReadToEnd();
    }
}
