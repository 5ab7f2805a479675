namespace Espalier.Gateway.Policies.CallSites;

/// <summary>One place in an agent's code from which it calls a model.</summary>
/// <param name="Name">What the agent calls it, else <c>cs_</c> and 12 hex digits of its fingerprint.</param>
/// <param name="Fingerprint">Of its template: 12 hex digits.</param>
/// <param name="IsNamed">Whether the agent named it.</param>
/// <param name="Template">Beginning of its instructions with all values taken out.</param>
/// <param name="Tools">Names of the tools that it offers, in order of the alphabet.</param>
internal sealed record CallSite(string Name, string Fingerprint, bool IsNamed, string Template, IReadOnlyList<string> Tools)
{
    /// <summary>As attributes of the call's span.</summary>
    public void Describe(IDictionary<string, string> attributes)
    {
        attributes["call_site"] = Name;
        if (IsNamed) attributes["call_site.fingerprint"] = Fingerprint;
    }
}
