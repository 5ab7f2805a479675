using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;

namespace Espalier.Core.Traces.Redaction;

/// <summary>Puts redaction between those who write traces and the store.</summary>
public static class RedactionServiceCollectionExtensions
{
    private const string Unredacted = "unredacted";

    /// <summary>Wraps the <see cref="ITraceStore"/> that is registered. Options come from the section <see cref="RedactionOptions.Section"/>.</summary>
    /// <param name="readKey">Gives the key of the placeholders; asked once, and only when redaction is on.</param>
    public static IServiceCollection AddRedaction(this IServiceCollection services, Func<RedactionOptions, byte[]> readKey)
    {
        var store = services.LastOrDefault(service => service.ServiceType == typeof(ITraceStore) && !service.IsKeyedService)
            ?? throw new InvalidOperationException("Redaction wraps a trace store; register one before it.");
        services.Remove(store);
        services.Add(new ServiceDescriptor(
            typeof(ITraceStore), Unredacted, store.ImplementationType ?? throw new InvalidOperationException("The trace store is registered by its type."), store.Lifetime));
        services.AddSingleton<IValidateOptions<RedactionOptions>, RedactionOptionsValidator>();
        services.AddOptions<RedactionOptions>().BindConfiguration(RedactionOptions.Section).ValidateOnStart();
        services.AddSingleton<IRedactor>(provider =>
            provider.GetRequiredService<IOptions<RedactionOptions>>().Value is { Enabled: true } options ? new TextRedactor(options, readKey(options)) : new NoRedactor());
        services.AddSingleton<SpanRedaction>();
        return services.AddSingleton<ITraceStore>(provider => new RedactingTraceStore(
            provider.GetRequiredKeyedService<ITraceStore>(Unredacted), provider.GetRequiredService<SpanRedaction>()));
    }
}
