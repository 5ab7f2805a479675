using Espalier.Gateway.Providers.Breakers;

namespace Espalier.Gateway.Providers.Keys;

/// <summary>Leave to send one request with a key; must be reported once.</summary>
internal sealed class KeyPass(UpstreamKey key, int whole, Breaker model, int admission, bool isProbe, BreakerOptions options)
{
    public UpstreamKey Key { get; } = key;

    /// <summary>Whether it is the one request that goes through a breaker that was open.</summary>
    public bool IsProbe { get; } = isProbe;

    /// <summary>The provider did its part, whether or not the request was a good one.</summary>
    public void Answered()
    {
        Key.Whole.Succeeded(whole);
        model.Succeeded(admission);
    }

    /// <summary>Nobody knows: the request was given up.</summary>
    public void GivenUp()
    {
        Key.Whole.Passed(whole);
        model.Passed(admission);
    }

    public void Failed(ProviderFailure failure)
    {
        switch (failure.Class)
        {
            case FailureClass.Request or FailureClass.ContentFilter or FailureClass.ContextLength:
                Answered();
                break;
            case FailureClass.Auth when failure.IsRefusedKey:
                Key.Whole.Failed(whole, failure.Class, failure.Message, atOnce: true, failure.RetryAfter);
                model.Passed(admission);
                break;
            case FailureClass.Unreachable:
                Key.Whole.Failed(whole, failure.Class, failure.Message, atOnce: false, failure.RetryAfter);
                model.Passed(admission);
                break;
            case FailureClass.RateLimit when !(failure.RetryAfter >= options.LongRetryAfter):
                // It said when to come back, or nothing: a moment's matter, which waiting settles.
                GivenUp();
                break;
            default:
                Key.Whole.Succeeded(whole);
                model.Failed(admission, failure.Class, failure.Message, failure.Class == FailureClass.RateLimit, failure.RetryAfter);
                break;
        }
    }
}
