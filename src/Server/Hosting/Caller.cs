using Espalier.Server.Agents;

namespace Espalier.Server.Hosting;

/// <summary>Who makes this request, as audit entries name them. One a request; the doors say it.</summary>
internal sealed class Caller
{
    public string Principal { get; set; } = Principals.Local;
}
