namespace Espalier.Server.Traces.Otlp;

internal static class OtlpServiceCollectionExtensions
{
    /// <summary>Adds the receivers; needs <see cref="OtlpOptions"/>, and <see cref="OtlpPorts"/> that are open.</summary>
    public static IServiceCollection AddOtlp(this IServiceCollection services)
    {
        services.AddSingleton<OtlpCounts>().AddSingleton<OtlpReceiver>().AddSingleton<OtlpHttp>().AddSingleton<OtlpGrpc>();
        return services.AddSingleton<IOtlpIntake, OtlpIntake>();
    }
}
