using System.Text.Json.Serialization;

namespace Espalier.Core.Agents.Edits;

/// <summary>The models slot <c>Slot</c> of file <c>Path</c> is answered by <c>Model</c>.</summary>
public sealed record ModelPayload(string Path, string Slot, string Model);

/// <summary>Calls of a slot go through the steps, cheap first; a step below its confidence asks the next one.</summary>
public sealed record RoutePayload(string Path, string Slot, IReadOnlyList<RouteStep> Steps);

/// <param name="Model">The model of this step.</param>
/// <param name="Below">Confidence in (0, 1) under which the next step is asked; null on the last step.</param>
public sealed record RouteStep(string Model, double? Below);

/// <summary>The gateway shows the <c>K</c> nearest past cases of revision <c>Source</c> to calls of a slot.</summary>
public sealed record MemoryPayload(string Path, string Slot, string Source, int K);

/// <summary>The prompt file ends with these labelled examples, in place of those it had.</summary>
public sealed record ExamplesPayload(string Path, IReadOnlyList<LabelledExample> Examples);

/// <summary>The file's list of allowed labels goes; the examples that the model is shown name them.</summary>
public sealed record ContextPayload(string Path, IReadOnlyList<string> Labels);

/// <summary>Labels of the file's list get a description.</summary>
public sealed record InstructionPayload(string Path, IReadOnlyDictionary<string, string> Descriptions);

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower, DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull)]
[JsonSerializable(typeof(ModelPayload))]
[JsonSerializable(typeof(RoutePayload))]
[JsonSerializable(typeof(MemoryPayload))]
[JsonSerializable(typeof(ExamplesPayload))]
[JsonSerializable(typeof(ContextPayload))]
[JsonSerializable(typeof(InstructionPayload))]
public sealed partial class EditJson : JsonSerializerContext;
