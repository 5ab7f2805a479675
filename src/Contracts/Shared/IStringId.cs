namespace Espalier.Contracts.Shared;

/// <summary>An id that is a plain string on the wire and a type of its own in code.</summary>
/// <typeparam name="TSelf">The id type itself.</typeparam>
public interface IStringId<TSelf>
    where TSelf : struct, IStringId<TSelf>
{
    string Value { get; }

    static abstract TSelf From(string value);
}
