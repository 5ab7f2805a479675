using System.Globalization;
using Espalier.Core.Traces;
using Espalier.Core.Traces.Otlp;
using Espalier.OtlpMapping;
using Microsoft.Extensions.DependencyInjection;

// What reading OTLP costs: microseconds and bytes allocated for each span, from the bytes of an export request to canonical spans; and a
// long run over spoiled bodies, which must throw nothing and hold a bounded amount of memory.
//   dotnet run -c Release --project bench/Load/OtlpMapping [speed [seconds]]
//   dotnet run -c Release --project bench/Load/OtlpMapping fuzz [bodies] [seed]
var mapper = new ServiceCollection().AddTraces().BuildServiceProvider().GetRequiredService<OtlpMapper>();
return args.FirstOrDefault() switch
{
    "fuzz" => Fuzz.Run(mapper, Number(1, 1_000_000), Number(2, 1)),
    _ => Speed.Run(mapper, Number(1, 2)),
};

int Number(int index, int otherwise) => args.Length > index ? int.Parse(args[index], CultureInfo.InvariantCulture) : otherwise;
