using Espalier.Contracts.Runs;
using Espalier.Contracts.Shared;
using Espalier.Contracts.Traces;
using Espalier.Core.Runs;
using Espalier.Core.Shared;
using Espalier.Gateway.Keys;
using Espalier.Gateway.Tools;

namespace Espalier.Gateway.Accounting;

/// <summary>What one run has spent, holds reserved and was refused. Thread-safe: an agent may make calls at the same time.</summary>
internal sealed class RunAccount(RunContext context)
{
    private readonly Lock _lock = new();
    private readonly TaskCompletionSource _idle = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private int _inFlight;
    private bool _closed;
    private int _calls;
    private int _attempts;
    private long _input;
    private long _output;
    private Usd _spent;
    private Usd _reserved;
    private bool _unknownCost;
    private string? _refusal;
    private bool _refusedByBudget;
    private BudgetState? _refusedLine;
    private string? _providerError;
    private StorageFault? _fault;

    public RunContext Context { get; } = context;

    /// <summary>What its calls have in common for the providers' prompt caches: the conversation, else the run; null when only the prompt itself can tell.</summary>
    public string? Affinity { get; init; } = context.Conversation ?? context.TraceId.Value;

    /// <summary>How fast its key may be used; null without limits.</summary>
    public RateLimiter? Limiter { get; init; }

    /// <summary>What the caller named its run and session, for the spans of calls; null where nothing is named.</summary>
    public IReadOnlyDictionary<string, string>? Names { get; init; }

    /// <summary>Its calls of tools.</summary>
    public ToolTally Tools { get; } = new();

    public bool TryEnter()
    {
        lock (_lock)
        {
            if (_closed) return false;
            _inFlight++;
            return true;
        }
    }

    public void Leave()
    {
        Limiter?.Leave();
        lock (_lock)
            if (--_inFlight == 0 && _closed) _idle.TrySetResult();
    }

    /// <summary>Lets no more calls in and waits for those in flight.</summary>
    public Task CloseAsync(CancellationToken cancellationToken)
    {
        lock (_lock)
        {
            _closed = true;
            if (_inFlight == 0) _idle.TrySetResult();
        }

        return _idle.Task.WaitAsync(cancellationToken);
    }

    /// <summary>Null when it fits in the run's own limit; else what to tell the agent.</summary>
    public string? TryReserve(Usd amount)
    {
        lock (_lock)
        {
            if (amount > Usd.Zero && _spent + _reserved + amount > Context.RunLimit)
            {
                return $"This call may cost up to {amount} USD; the run has spent {_spent} and reserved {_reserved} of its {Context.RunLimit} USD. "
                    + "Ask for fewer max_tokens, send less, or raise budget.run in espalier.yaml.";
            }

            _reserved += amount;
            return null;
        }
    }

    public void GiveBack(Usd reserved)
    {
        lock (_lock) _reserved -= reserved;
    }

    /// <summary>Replaces a reservation by what an attempt used and cost; a null cost is unknown.</summary>
    public void Settle(Usd reserved, Usd? cost, TokenUsage? usage)
    {
        lock (_lock)
        {
            _reserved -= reserved;
            _attempts++;
            _input += usage?.InputTotal() ?? 0;
            _output += usage?.OutputTotal() ?? 0;
            if (cost is { } known) _spent += known;
            else _unknownCost = true;
        }
    }

    public void CountCall()
    {
        lock (_lock) _calls++;
    }

    public void Refused(string message, bool byBudget, BudgetState? line = null)
    {
        lock (_lock)
        {
            if (_refusal is not null) return;
            (_refusal, _refusedByBudget, _refusedLine) = (message, byBudget, line);
        }
    }

    public void ProviderFailed(string message)
    {
        lock (_lock) _providerError ??= message;
    }

    /// <summary>The gateway itself failed: whatever the agent makes of that says nothing about the agent.</summary>
    public void Faulted(Exception exception)
    {
        lock (_lock)
        {
            _fault ??= exception as StorageFault;
            _providerError ??= "The gateway failed; the server's log says why.";
        }
    }

    public RunMeasure Measure()
    {
        lock (_lock)
        {
            var usage = new RunUsage
            {
                Calls = _calls,
                Attempts = _attempts,
                InputTokens = _input,
                OutputTokens = _output,
                Cost = _unknownCost ? null : _spent,
            };
            return new RunMeasure(usage, _refusal, _refusedByBudget, _refusedLine, _providerError) { Fault = _fault, Tools = Tools.Usage, ToolError = Tools.Error };
        }
    }
}
