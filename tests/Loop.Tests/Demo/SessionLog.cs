using System.Text.RegularExpressions;

namespace Espalier.Loop.Tests.Demo;

/// <summary>Session logs as text that can be compared byte by byte.</summary>
internal static partial class SessionLog
{
    /// <summary>Replaces the time of each event, and nothing else.</summary>
    public static string WithoutTimes(string log) => At().Replace(log, "\"at\":\"");

    /// <summary>The same log, or the first line that differs.</summary>
    public static void ShouldBeSame(string log, string expected)
    {
        if (log == expected) return;
        var (own, other) = (log.Split('\n'), expected.Split('\n'));
        for (var i = 0; i < Math.Max(own.Length, other.Length); i++)
        {
            var (left, right) = (own.ElementAtOrDefault(i) ?? "(nothing)", other.ElementAtOrDefault(i) ?? "(nothing)");
            if (left == right) continue;
            var at = left.Zip(right).TakeWhile(pair => pair.First == pair.Second).Count();
            var from = Math.Max(0, at - 200);
            Assert.Fail($"The logs differ first in line {i + 1} at {at}:\n  {left[from..Math.Min(left.Length, at + 200)]}\n  {right[from..Math.Min(right.Length, at + 200)]}");
        }
    }

    [GeneratedRegex("""(?<=^\{"sequence":\d+,)"at":"[^"]*""", RegexOptions.Multiline)]
    private static partial Regex At();
}
