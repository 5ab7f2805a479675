namespace Espalier.Contracts.Runs;

/// <summary>What a key may be used for. None includes another; approving is never part of administering.</summary>
public enum KeyScope
{
    /// <summary>Send traces and feedback.</summary>
    Ingest,

    /// <summary>Call models through the gateway.</summary>
    Call,

    /// <summary>Read everything but secrets.</summary>
    Read,

    /// <summary>Import, build, evaluate, search, roll back.</summary>
    Operate,

    /// <summary>Approve releases.</summary>
    Approve,

    /// <summary>Keys, providers, and the end of the server.</summary>
    Admin,
}
