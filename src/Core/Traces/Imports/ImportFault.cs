namespace Espalier.Core.Traces.Imports;

/// <summary>A record that no trace can be read from; the message says why, for whoever has the file.</summary>
public sealed class ImportFault(string message) : Exception(message);
