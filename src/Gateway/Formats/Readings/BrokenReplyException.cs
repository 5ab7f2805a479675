namespace Espalier.Gateway.Formats.Readings;

/// <summary>A provider sent something that is not of its format.</summary>
internal sealed class BrokenReplyException() : Exception("The model server sent something that is not of its format.");
