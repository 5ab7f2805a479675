namespace Espalier.Gateway.Providers;

/// <summary>Whose fault a failure was and what helps against it. The words of configuration are in <see cref="FailureClasses"/>.</summary>
internal enum FailureClass
{
    /// <summary>The request itself: nobody else answers it either.</summary>
    Request,

    /// <summary>The key may not ask this often.</summary>
    RateLimit,

    /// <summary>The provider has more to do than it can.</summary>
    Overloaded,

    /// <summary>No answer in time.</summary>
    Timeout,

    /// <summary>The provider does not want to answer this.</summary>
    ContentFilter,

    /// <summary>The prompt is longer than the model takes.</summary>
    ContextLength,

    /// <summary>The provider failed, or sent what is no reply.</summary>
    ServerError,

    /// <summary>No connection to the provider.</summary>
    Unreachable,

    /// <summary>The key is refused, or its account has no money.</summary>
    Auth,
}
