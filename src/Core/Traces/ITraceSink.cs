using Espalier.Contracts.Traces;

namespace Espalier.Core.Traces;

/// <summary>Takes spans and feedback one at a time. Not thread-safe.</summary>
public interface ITraceSink
{
    void Add(Span span);

    void Add(Feedback feedback);
}
