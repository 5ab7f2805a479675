namespace Espalier.Contracts.Traces;

/// <summary>How many items were stored.</summary>
/// <param name="Accepted">All of them: an unknown metric is no reason to refuse.</param>
/// <param name="Quarantined">Those among them whose metric is not known; see <see cref="Feedback.Quarantined"/>.</param>
public sealed record FeedbackReceipt(int Accepted, int Quarantined = 0);
