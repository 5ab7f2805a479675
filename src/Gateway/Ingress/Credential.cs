using Microsoft.AspNetCore.Http;

namespace Espalier.Gateway.Ingress;

/// <summary>Finds the run token where the SDKs of the vendors put their key.</summary>
internal static class Credential
{
    private const string Bearer = "Bearer ";

    private static readonly string[] KeyHeaders = ["x-api-key", "x-goog-api-key", "api-key"];

    /// <summary>Null when there is none.</summary>
    public static string? Read(HttpRequest request)
    {
        string? found = null;
        foreach (var value in request.Headers.Authorization)
            if (value?.StartsWith(Bearer, StringComparison.OrdinalIgnoreCase) == true) Take(value[Bearer.Length..].Trim());
        foreach (var name in KeyHeaders)
            foreach (var value in request.Headers[name])
                Take(value);
        foreach (var value in request.Query["key"]) Take(value);
        return found;

        void Take(string? value)
        {
            if (string.IsNullOrEmpty(value)) return;
            if (found is not null && found != value) throw CallRefusal.Invalid("The request carries two different keys. Send one.", code: "two_keys");
            found = value;
        }
    }
}
