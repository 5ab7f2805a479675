using Espalier.Core.Runs;
using Espalier.Testing.Contracts;
using Espalier.Testing.Fakes;

namespace Espalier.Gateway.Tests.Accounting;

public sealed class InMemoryLedgerTests : LedgerContract
{
    protected override ValueTask<ILedger> CreateAsync(TimeProvider time) => new(new InMemoryLedger(time));
}
