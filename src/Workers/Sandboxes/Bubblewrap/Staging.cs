namespace Espalier.Workers.Sandboxes.Bubblewrap;

/// <summary>Where the helper puts together the files that a sandbox sees.</summary>
internal enum Staging
{
    /// <summary>Nowhere: bubblewrap takes the host's paths, and cannot limit the number of files.</summary>
    None,

    /// <summary>In a mount namespace, as root.</summary>
    Root,

    /// <summary>In a namespace of users of its own, for a server that is no root.</summary>
    OwnNamespace,
}
