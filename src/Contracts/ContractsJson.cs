using System.Text.Json.Serialization;
using Espalier.Contracts.Agents;
using Espalier.Contracts.Datasets;
using Espalier.Contracts.Frontiers;
using Espalier.Contracts.Judging;
using Espalier.Contracts.Releases;
using Espalier.Contracts.Runs;
using Espalier.Contracts.Search;
using Espalier.Contracts.Shared;
using Espalier.Contracts.Traces;

namespace Espalier.Contracts;

/// <summary>The one JSON dialect of REST, the CLI and the event logs: snake_case, enums as words, nulls left out, strict numbers.</summary>
[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower,
    UseStringEnumConverter = true,
    DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
    Converters = [
        typeof(SnakeCaseEnumConverter<ApprovalState>), typeof(SnakeCaseEnumConverter<AttemptRole>), typeof(SnakeCaseEnumConverter<BillUnit>), typeof(SnakeCaseEnumConverter<Boundary>), typeof(SnakeCaseEnumConverter<FileChangeKind>), typeof(SnakeCaseEnumConverter<Goal>),
        typeof(SnakeCaseEnumConverter<KeyScope>), typeof(SnakeCaseEnumConverter<BreakerState>),
        typeof(SnakeCaseEnumConverter<NodeStatus>), typeof(SnakeCaseEnumConverter<Purpose>), typeof(SnakeCaseEnumConverter<ReleaseState>), typeof(SnakeCaseEnumConverter<RunProtocol>),
        typeof(SnakeCaseEnumConverter<SessionState>), typeof(SnakeCaseEnumConverter<SpanKind>), typeof(SnakeCaseEnumConverter<Split>), typeof(SnakeCaseEnumConverter<TraceDimension>),
        typeof(SnakeCaseEnumConverter<UnknownPricePolicy>),
        typeof(SnakeCaseEnumConverter<ToolProtocol>), typeof(SnakeCaseEnumConverter<ToolWrites>), typeof(SnakeCaseEnumConverter<ToolMiss>),
    ])]
[JsonSerializable(typeof(AgentSummary))]
[JsonSerializable(typeof(AgentVersion))]
[JsonSerializable(typeof(ApiKey))]
[JsonSerializable(typeof(ApproveRelease))]
[JsonSerializable(typeof(AuditCheck))]
[JsonSerializable(typeof(AuditEntry))]
[JsonSerializable(typeof(Bill))]
[JsonSerializable(typeof(BudgetState))]
[JsonSerializable(typeof(BuildDatasetRequest))]
[JsonSerializable(typeof(Conversation))]
[JsonSerializable(typeof(CreateKey))]
[JsonSerializable(typeof(SetBudget))]
[JsonSerializable(typeof(CreatedKey))]
[JsonSerializable(typeof(DatasetRevision))]
[JsonSerializable(typeof(DeleteTracesRequest))]
[JsonSerializable(typeof(Deletion))]
[JsonSerializable(typeof(DoctorReport))]
[JsonSerializable(typeof(Edit))]
[JsonSerializable(typeof(EvaluateRequest))]
[JsonSerializable(typeof(Evaluation))]
[JsonSerializable(typeof(ExpiredTraces))]
[JsonSerializable(typeof(FeedbackBatch))]
[JsonSerializable(typeof(FeedbackReceipt))]
[JsonSerializable(typeof(FrontierReport))]
[JsonSerializable(typeof(ImportAgentRequest))]
[JsonSerializable(typeof(ImportDatasetRequest))]
[JsonSerializable(typeof(InvokeAnswer))]
[JsonSerializable(typeof(InvokeRequest))]
[JsonSerializable(typeof(Page<AgentCallSite>))]
[JsonSerializable(typeof(Page<AgentSummary>))]
[JsonSerializable(typeof(Page<ApiKey>))]
[JsonSerializable(typeof(Page<AuditEntry>))]
[JsonSerializable(typeof(Page<Case>))]
[JsonSerializable(typeof(Page<DatasetRevision>))]
[JsonSerializable(typeof(Page<ProviderKey>))]
[JsonSerializable(typeof(Page<DeclaredTool>))]
[JsonSerializable(typeof(Page<Release>))]
[JsonSerializable(typeof(Page<SessionSummary>))]
[JsonSerializable(typeof(Page<ToolApproval>))]
[JsonSerializable(typeof(Page<StoredSessionEvent>))]
[JsonSerializable(typeof(Page<TraceSummary>))]
[JsonSerializable(typeof(Problem))]
[JsonSerializable(typeof(ProviderKey))]
[JsonSerializable(typeof(Release))]
[JsonSerializable(typeof(ReleaseEvent))]
[JsonSerializable(typeof(RequestRelease))]
[JsonSerializable(typeof(RollBack))]
[JsonSerializable(typeof(Run))]
[JsonSerializable(typeof(SandboxRunOutput))]
[JsonSerializable(typeof(SandboxRunRequest))]
[JsonSerializable(typeof(SandboxRunResult))]
[JsonSerializable(typeof(ServerAddress))]
[JsonSerializable(typeof(ServerDiagnostics))]
[JsonSerializable(typeof(SessionEvent))]
[JsonSerializable(typeof(SessionHeader))]
[JsonSerializable(typeof(SessionSummary))]
[JsonSerializable(typeof(Span))]
[JsonSerializable(typeof(SetProviderKey))]
[JsonSerializable(typeof(SpanDetails))]
[JsonSerializable(typeof(StartSessionRequest))]
[JsonSerializable(typeof(StoredSessionEvent))]
[JsonSerializable(typeof(ToolApproval))]
[JsonSerializable(typeof(Trace))]
[JsonSerializable(typeof(TraceBreakdown))]
[JsonSerializable(typeof(TraceFacts))]
[JsonSerializable(typeof(IReadOnlyList<Feedback>))]
[JsonSerializable(typeof(IReadOnlyList<Span>))]
[JsonSerializable(typeof(TraceImportBatch))]
[JsonSerializable(typeof(TraceImportReceipt))]
[JsonSerializable(typeof(TraceTotals))]
[JsonSerializable(typeof(TrustTool))]
[JsonSerializable(typeof(UnknownMetrics))]
[JsonSerializable(typeof(VersionDiff))]
public sealed partial class ContractsJson : JsonSerializerContext;
