using System.Globalization;
using System.Text;
using Espalier.Core.Traces.Redaction;
using Espalier.Testing.Redaction;

// Recall and precision of redaction by kind on sentences whose personal data is marked, and what redaction costs. From the repository's root:
//   dotnet run -c Release --project bench/Quality/Redaction [--show] [TEXTS...]
// --show prints what was missed and what was wrong. TEXTS are files without marks: what is found in them is counted and shown.
var show = args.Contains("--show");
var key = SHA256Key();
var redactor = new TextRedactor(new RedactionOptions(), key);
var folder = Path.Combine(Environment.GetEnvironmentVariable("ESPALIER_SHARED") ?? Path.Combine("..", "shared"), "data", "pii_presidio");
if (!Directory.Exists(folder))
{
    await Console.Error.WriteLineAsync($"There is no {folder}; set ESPALIER_SHARED to the folder that holds data/pii_presidio.");
    return 2;
}

var sentences = LabelledSentences.Read(folder);
Console.WriteLine($"{sentences.Count} sentences");
Console.WriteLine("kind             marked   found   recall   redacted at all   findings   precision");
foreach (var score in RedactionScores.Measure(redactor, sentences))
{
    Console.WriteLine(string.Create(
        CultureInfo.InvariantCulture,
        $"{score.Kind,-15} {score.Marked,7} {score.Found,7}   {Show(score.Recall)}   {Show(score.Marked == 0 ? null : (double)score.Covered / score.Marked),15}   {score.Findings,8}   {Show(score.Precision)}"));
    if (!show) continue;
    foreach (var missed in score.Missed) Console.WriteLine($"    missed {missed}");
    foreach (var wrong in score.Wrong) Console.WriteLine($"    wrong  {wrong}");
}

foreach (var path in args.Where(arg => arg != "--show")) Unmarked(path);
Cost("2 KB without findings", Prose(2048));
Cost("2 KB of JSON without findings", Json(2048));
Cost("2 KB with 1 finding", Prose(2000) + " write to jane.roe@example.com");
Cost("2 KB with 24 findings", string.Concat(Enumerable.Range(0, 12).Select(i => Prose(140) + $" write to jane{i}@example.com or +44 20 7946 0{i:000}.")));
return 0;

static string Show(double? rate) => rate is { } value ? value.ToString("0.000", CultureInfo.InvariantCulture) : "    -";

void Unmarked(string path)
{
    var counts = new SortedDictionary<string, int>();
    using var file = File.OpenRead(path);
    using Stream stream = path.EndsWith(".gz", StringComparison.Ordinal) ? new System.IO.Compression.GZipStream(file, System.IO.Compression.CompressionMode.Decompress) : file;
    using var reader = new StreamReader(stream);
    while (reader.ReadLine() is { } line)
    {
        foreach (var (finding, kind) in redactor.Find(line))
        {
            counts[kind] = counts.GetValueOrDefault(kind) + 1;
            if (show) Console.WriteLine($"    {kind,-12} {line[Math.Max(0, finding.Start - 40)..finding.Start]}<<{line[finding.Start..finding.End]}>>{line[finding.End..Math.Min(line.Length, finding.End + 15)]}");
        }
    }

    Console.WriteLine($"{Path.GetFileName(path)}: {string.Join(", ", counts.Select(count => $"{count.Value} {count.Key}"))}");
}

void Cost(string what, string text)
{
    const int rounds = 20_000;
    for (var i = 0; i < rounds; i++) redactor.Redact(text);
    var best = double.MaxValue;
    var allocated = GC.GetAllocatedBytesForCurrentThread();
    for (var trial = 0; trial < 5; trial++)
    {
        // Time of the processor: the machine may have other work.
        var start = Environment.CpuUsage.TotalTime;
        for (var i = 0; i < rounds; i++) redactor.Redact(text);
        best = Math.Min(best, (Environment.CpuUsage.TotalTime - start).TotalMicroseconds / rounds);
    }

    allocated = (GC.GetAllocatedBytesForCurrentThread() - allocated) / (5 * rounds);
    Console.WriteLine(string.Create(
        CultureInfo.InvariantCulture,
        $"{what,-32} {text.Length,5} characters {best / text.Length * 1024,7:0.00} us/KB {text.Length / best,6:0} MB/s {allocated,6} bytes allocated"));
}

static string Prose(int length)
{
    const string sentence = "The customer asked on 2024-05-15 about order #W2378156 of 3 items for $1,299.00; the agent looked it up, found flight HAT136 at 11:25 and answered. ";
    var text = new StringBuilder();
    while (text.Length < length) text.Append(sentence);
    return text.ToString(0, length);
}

static string Json(int length)
{
    const string row = "{\"role\":\"tool\",\"id\":\"550e8400-e29b-41d4-a716-446655440000\",\"content\":\"{\\\"price\\\": 199.99, \\\"count\\\": 3, \\\"text\\\": \\\"line\\\\n\\\"}\"},";
    var text = new StringBuilder("[");
    while (text.Length < length) text.Append(row);
    return text.ToString(0, length);
}

static byte[] SHA256Key() => System.Security.Cryptography.SHA256.HashData("measured"u8);
