using System.Globalization;
using Espalier.Core.Agents;
using Espalier.Core.Shared;
using Espalier.Gateway.Policies.Memory.Retrieval;
using Espalier.Gateway.Providers.Local;
using Espalier.LocalModels;

// Accuracy of the two local models on public requests with labels, by what the prompt shows. Run from the repository's root:
//   dotnet run -c Release --project bench/Quality/LocalModels [seeds] [requests]
const int pool = 1500;
const int perLabel = 5;
const int retrieved = 8;
var seeds = args.Length > 0 ? int.Parse(args[0], CultureInfo.InvariantCulture) : 5;
var asked = args.Length > 1 ? int.Parse(args[1], CultureInfo.InvariantCulture) : 1000;
Console.WriteLine($"{asked} requests a seed, {seeds} seeds; mean and (lowest to highest) accuracy in percent");
Console.WriteLine("set        model           names only          5 a label           8 retrieved of 1,500");
foreach (var set in (string[])["banking77", "clinc150"])
{
    var requests = LabelledRequests.Read(set);
    var labels = requests.Select(request => request.Output).Distinct().Order(StringComparer.Ordinal).Select(label => new AllowedLabel(label, null)).ToList();
    foreach (var model in LocalProvider.Learners.Keys)
    {
        var rows = Enumerable.Range(1, seeds).Select(seed => Measure(model, requests, labels, seed)).ToList();
        Console.WriteLine($"{set,-10} {model,-8}   {Show(rows.Select(row => row.Names))}   {Show(rows.Select(row => row.Static))}   {Show(rows.Select(row => row.Retrieved))}");
    }
}

(double Names, double Static, double Retrieved) Measure(string model, IReadOnlyList<LabelledExample> requests, IReadOnlyList<AllowedLabel> labels, int seed)
{
    // Seeds from 101 on: the constants of the vote were chosen with seed 1.
    var shuffled = new Seed(100 + seed).For("requests").Shuffle(requests);
    var questions = shuffled.Take(asked).ToList();
    var others = shuffled.Skip(asked).ToList();
    var names = LocalProvider.Learn(model, labels, []);
    var fixedExamples = LocalProvider.Learn(model, labels, [.. others.GroupBy(one => one.Output).SelectMany(group => group.Take(perLabel))]);
    var index = new CaseIndex([.. others.Take(pool).Select(LabelledRequests.ToCase)]);
    return (
        Share(question => names),
        Share(question => fixedExamples),
        Share(question => LocalProvider.Learn(model, labels, index.Nearest(question.Input, retrieved, 0, null))));

    double Share(Func<LabelledExample, PromptModel> learn) =>
        100.0 * questions.Count(question => learn(question).Answer(question.Input)!.Value.Text == question.Output) / questions.Count;
}

static string Show(IEnumerable<double> values)
{
    var all = values.ToList();
    return string.Create(CultureInfo.InvariantCulture, $"{all.Average():0.0} ({all.Min():0.0} to {all.Max():0.0})");
}
