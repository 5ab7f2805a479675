using System.Text.Json;

namespace Espalier.Core.Traces.Imports;

/// <summary>Reads traces from the records of one kind of file.</summary>
/// <remarks>The same record gives the same ids, so that importing it again changes nothing. Thread-safe.</remarks>
public interface ITraceImport
{
    /// <summary>The word for <c>--format</c>.</summary>
    string Name { get; }

    /// <summary>True when the record is of this kind, by the fields that it has.</summary>
    bool Recognizes(JsonElement record);

    /// <exception cref="ImportFault">The record lacks what a trace needs.</exception>
    ImportedRecord Read(JsonElement record, ImportDefaults defaults);
}
