namespace Espalier.Repository.Tests.Compiled;

/// <summary>A place in compiled code that names a type.</summary>
/// <param name="From">Full name of the outermost type that holds the place: what a compiler generated counts for what it was made from.</param>
/// <param name="FromNamespace">Its namespace.</param>
/// <param name="Place">The member, for people.</param>
/// <param name="To">Full name of the outermost type that is named.</param>
/// <param name="ToNamespace">Its namespace.</param>
/// <param name="Member">The method, property accessor or field that is used; null when only the type is named.</param>
internal sealed record TypeUse(string From, string FromNamespace, string Place, string To, string ToNamespace, string? Member)
{
    public override string ToString() => $"{Place} uses {To}{(Member is null ? "" : "." + Member)}";
}
