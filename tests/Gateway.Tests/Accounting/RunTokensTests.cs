using Espalier.Core.Shared;
using Espalier.Gateway.Accounting;
using Espalier.Gateway.Tests.Fakes;
using FsCheck.Fluent;

namespace Espalier.Gateway.Tests.Accounting;

public sealed class RunTokensTests
{
    private readonly RunTokens _tokens = new();

    [Fact]
    public void Issue_Token_IsWellFormedAndMatchesTheScannersPattern()
    {
        var token = _tokens.Issue();
        token.ShouldMatch("^espr_[0-9A-Za-z]{36}$");
        KeyFormat.IsWellFormed(token, KeyFormat.Run).ShouldBeTrue();
        _tokens.Issue().ShouldNotBe(token);
    }

    [Fact]
    public void IsWellFormed_AnyOneCharacterChanged_IsFalse() => FsCheck.Check.QuickThrowOnFailure(Prop.ForAll(
        ArbMap.Default.ArbFor<byte>(),
        seed =>
        {
            var token = RunTokens.NewToken().ToCharArray();
            var at = 5 + (seed % 36);
            token[at] = token[at] == 'x' ? 'y' : 'x';
            return !KeyFormat.IsWellFormed(new string(token), KeyFormat.Run);
        }));

    [Fact]
    public void TryEnter_UnboundRevokedOrForeign_IsNull()
    {
        var token = _tokens.Issue();
        _tokens.TryEnter(token).ShouldBeNull();
        _tokens.Bind(token, GatewayHost.Context());
        _tokens.TryEnter(token).ShouldNotBeNull().Leave();
        _tokens.TryEnter(RunTokens.NewToken()).ShouldBeNull();
        _tokens.TryEnter(null).ShouldBeNull();
        _tokens.Revoke(token);
        _tokens.TryEnter(token).ShouldBeNull();
    }

    [Fact]
    public void Bind_BoundToken_Throws()
    {
        var token = _tokens.Issue();
        _tokens.Bind(token, GatewayHost.Context());
        Should.Throw<InvalidOperationException>(() => _tokens.Bind(token, GatewayHost.Context()));
    }

    [Fact]
    public async Task UnbindAsync_CallInFlight_WaitsForItAndLetsNoOtherIn()
    {
        var token = _tokens.Issue();
        _tokens.Bind(token, GatewayHost.Context());
        var call = _tokens.TryEnter(token)!;
        var ending = _tokens.UnbindAsync(token, TestContext.Current.CancellationToken);
        ending.IsCompleted.ShouldBeFalse();
        _tokens.TryEnter(token).ShouldBeNull();
        call.CountCall();
        call.Leave();
        (await ending).Usage.Calls.ShouldBe(1);

        // A warm process keeps its token for the next run, which is measured from nothing.
        _tokens.Bind(token, GatewayHost.Context());
        (await _tokens.UnbindAsync(token, TestContext.Current.CancellationToken)).Usage.Calls.ShouldBe(0);
    }
}
