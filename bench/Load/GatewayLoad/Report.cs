using System.Globalization;
using System.Text;

namespace Espalier.GatewayLoad;

/// <summary>What is kept of a measure.</summary>
internal sealed record Report(IReadOnlyList<CaseResult> Cases, double MostNoise, Counted Counted)
{
    public string ToText(string command)
    {
        var all = Cases.SelectMany(one => one.All).ToList();
        var noisy = all.Count(one => one.Noise > MostNoise);
        var text = new StringBuilder($"# The gateway beside Portkey and beside no gateway\n\n```\n{command}\n```\n\n");
        text.Append(string.Create(
            CultureInfo.InvariantCulture,
            $"{Machine.Describe()}; wrk (1 thread), the upstream (Node, constant answer of 700 characters), Portkey 1.15.2 (Node, pinned hono) and our server share the processors and take turns. "
            + $"Medians of the rounds. CPU is user and system time of the gateway's process, by the kernel's count, divided by the requests that were answered; the trace store is a process of its own. "
            + $"{noisy} of {all.Count} runs count although others used more than {MostNoise:P0} of the machine meanwhile; load average {all.Min(one => one.Load):0.0} to {all.Max(one => one.Load):0.0}.\n\n"));
        text.Append("Ours three ways, by virtual key: *not traced* passes through, checks the key and counts the money; *traced* writes the whole trace with texts, usage and the bill; "
            + "the third has a budget and rate limits besides.\n\n");
        foreach (var one in Cases) text.Append(one.ToText()).Append('\n');
        text.Append(string.Create(
            CultureInfo.InvariantCulture,
            $"Traces: {Counted.Answered:N0} requests of traced keys were answered, at most {Counted.Most - Counted.Answered:N0} more cut off by wrk; the store has {Counted.Traces:N0}: "
            + $"{(Counted.Traces >= Counted.Answered && Counted.Traces <= Counted.Most ? "none is lost" : "THIS DOES NOT FIT")}."));
        return text.ToString();
    }
}
