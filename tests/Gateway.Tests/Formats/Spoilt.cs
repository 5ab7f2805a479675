using System.Text;
using Espalier.Core.Shared;

namespace Espalier.Gateway.Tests.Formats;

/// <summary>Bodies whose bytes are cut, doubled and changed, and whole values replaced by others.</summary>
internal static class Spoilt
{
    private static readonly string[] Values = ["null", "7", "-1", "1e999", "99999999999999999999", "true", "\"x\"", "[]", "{}", "[{}]", "[[7]]", "[null]", "\"\\ud800\"", "{\"a\":{\"b\":[{}]}}"];

    public static IEnumerable<ReadOnlyMemory<byte>> Of(IEnumerable<ReadOnlyMemory<byte>> bodies, int each, int seed)
    {
        var dice = new Rng((ulong)seed);
        foreach (var body in bodies)
        {
            for (var i = 0; i < each; i++)
            {
                var text = new StringBuilder(Encoding.UTF8.GetString(body.Span));
                var changes = 1 + dice.Next(3);
                for (var change = 0; change < changes; change++)
                {
                    var at = dice.Next(text.Length);
                    switch (dice.Next(5))
                    {
                        case 0:
                            text.Remove(at, Math.Min(1 + dice.Next(20), text.Length - at));
                            break;
                        case 1:
                            text.Insert(at, (char)(32 + dice.Next(95)));
                            break;
                        default:
                            Replace(text, at, Values[dice.Next(Values.Length)]);
                            break;
                    }

                    if (text.Length == 0) text.Append('x');
                }

                yield return Encoding.UTF8.GetBytes(text.ToString());
            }
        }
    }

    /// <summary>Puts a value where the next member's value begins, up to where it ends if that is easy to see.</summary>
    private static void Replace(StringBuilder text, int at, string value)
    {
        var all = text.ToString();
        var colon = all.IndexOf(':', at);
        if (colon < 0) return;
        var end = all.IndexOfAny([',', '}'], colon);
        if (all.Length > colon + 1 && all[colon + 1] is '{' or '[') end = Close(all, colon + 1);
        if (end > colon) text.Remove(colon + 1, end - colon - 1).Insert(colon + 1, value);
    }

    private static int Close(string text, int from)
    {
        var depth = 0;
        for (var i = from; i < text.Length; i++)
        {
            if (text[i] is '{' or '[') depth++;
            else if (text[i] is '}' or ']' && --depth == 0) return i + 1;
        }

        return -1;
    }
}
