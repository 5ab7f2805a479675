namespace Espalier.Loop;

/// <summary>A set of labelled requests: the sample's own, or one of the shared sets, read where it lies.</summary>
internal sealed record LoopSet(string Name, string? File)
{
    public static LoopSet? Find(string name)
    {
        if (name == "demo") return new LoopSet(name, null);
        var shared = Environment.GetEnvironmentVariable("ESPALIER_SHARED") ?? Path.Combine("..", "shared");
        var file = Path.Combine(shared, "data", name, "requests.csv.gz");
        return name is "banking77" or "clinc150" && System.IO.File.Exists(file) ? new LoopSet(name, file) : null;
    }
}
