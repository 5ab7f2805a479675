using System.Globalization;

namespace Espalier.Runs;

/// <summary>What is measured.</summary>
/// <param name="Starts">How often a bare process and a sandboxed run are started, taking turns.</param>
/// <param name="Seconds">How long runs a second are counted, each way.</param>
/// <param name="Warm">How many agents are kept warm at once to weigh them.</param>
/// <param name="Out">A file for the report as well.</param>
internal sealed record LoadPlan(int Starts, int Seconds, int Warm, string? Out)
{
    public static LoadPlan Parse(string[] args)
    {
        var plan = new LoadPlan(300, 10, 32, null);
        if (args.Length % 2 != 0) throw new FormatException("Each flag takes a value.");
        for (var i = 0; i < args.Length; i += 2)
        {
            plan = args[i] switch
            {
                "--starts" => plan with { Starts = Number(args[i + 1]) },
                "--seconds" => plan with { Seconds = Number(args[i + 1]) },
                "--warm" => plan with { Warm = Number(args[i + 1]) },
                "--out" => plan with { Out = args[i + 1] },
                _ => throw new FormatException($"There is no flag {args[i]}: --starts, --seconds, --warm, --out."),
            };
        }

        return plan;
    }

    private static int Number(string text) =>
        int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var number) && number is > 0 and < 100_000
            ? number : throw new FormatException($"'{text}' is no number from 1 on.");
}
