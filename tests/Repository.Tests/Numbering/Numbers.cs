using System.Globalization;
using System.Text.RegularExpressions;

namespace Espalier.Repository.Tests.Numbering;

/// <summary>Files that carry a number in their name, from 0001 on, each number once.</summary>
internal static class Numbers
{
    public static IEnumerable<string> Broken(string what, IEnumerable<string> names, Regex pattern)
    {
        var matches = names.Select(name => (Name: name, Match: pattern.Match(name))).ToList();
        foreach (var (name, _) in matches.Where(one => !one.Match.Success)) yield return $"{what}: {name} is not named by the pattern";

        var numbers = matches.Where(one => one.Match.Success)
            .Select(one => int.Parse(one.Match.Groups["number"].Value, CultureInfo.InvariantCulture)).ToList();
        foreach (var repeated in numbers.GroupBy(number => number).Where(group => group.Count() > 1))
            yield return $"{what}: {repeated.Key:0000} stands twice";
        foreach (var missing in Enumerable.Range(1, numbers.DefaultIfEmpty(0).Max()).Except(numbers))
            yield return $"{what}: {missing:0000} is missing";
    }
}
