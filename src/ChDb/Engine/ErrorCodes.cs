namespace Espalier.ChDb.Engine;

/// <summary>ClickHouse's error numbers that mean something to HTTP, and the status each becomes.</summary>
internal static class ErrorCodes
{
    public const int SyntaxError = 62;
    public const int Readonly = 164;
    public const int BadRequestParameter = 36;
    public const int AuthenticationFailed = 516;
    public const int Unknown = 1000;

    public static int ToStatus(int code) => code switch
    {
        AuthenticationFailed or 192 or 193 or 194 or 497 => StatusCodes.Status403Forbidden,
        46 or 47 or 50 or 56 or 60 or 81 or 115 => StatusCodes.Status404NotFound,
        6 or 26 or 27 or 33 or 36 or 38 or 41 or 42 or 43 or 53 or 62 or 69 or 72 or 117 or 130 or 321 or 395 or 427 or 456 or 457
            => StatusCodes.Status400BadRequest,
        48 or 344 => StatusCodes.Status501NotImplemented,
        159 => StatusCodes.Status408RequestTimeout,
        _ => StatusCodes.Status500InternalServerError,
    };
}
