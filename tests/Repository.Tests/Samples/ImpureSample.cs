namespace Espalier.Repository.Tests.Samples;

/// <summary>What Core must never look like; its IL is what is tested.</summary>
internal static class ImpureSample
{
    // The forbidden calls stand in an iterator and a lambda, where the compiler moves them to types of its own.
    public static IEnumerable<string> Read(string path)
    {
        yield return File.ReadAllText(path);
    }

    public static Func<long> Clock(long start) => () => Environment.TickCount64 - start;
}
