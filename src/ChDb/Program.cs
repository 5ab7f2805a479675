using System.Globalization;
using System.Net;
using Espalier.ChDb;
using Espalier.ChDb.Engine;
using Espalier.ChDb.Http;
using Espalier.ChDb.Native;
using Espalier.Http;
using Microsoft.AspNetCore.Connections;

[assembly: System.Runtime.Versioning.SupportedOSPlatform("linux")]

const int badArguments = 2;
const int storeInUse = 3;
const int cannotOpen = 4;
const int writerCount = 2;
const int readerCount = 4;

ChDbArguments arguments;
Credentials credentials;
try
{
    arguments = ChDbArguments.Parse(args);
    credentials = Credentials.FromFile(arguments.KeyFile);
}
catch (Exception error) when (error is FormatException or IOException or UnauthorizedAccessException)
{
    return Fail(badArguments, error.Message);
}

// The engine reads config.xml from the working directory and settings from the home directory: both are this empty folder.
var workingFolder = Path.Combine(arguments.Path, "work");
var storeFolder = Path.Combine(arguments.Path, "store");
Directory.CreateDirectory(arguments.Path, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
Directory.CreateDirectory(workingFolder);
Directory.CreateDirectory(storeFolder);
Environment.CurrentDirectory = workingFolder;
if (LibC.SetEnvironment("HOME", workingFolder, 1) != 0) return Fail(cannotOpen, "setenv failed.");

await using var owner = await StoreLock.TryTakeAsync(arguments.Path, TimeSpan.FromSeconds(5), TimeProvider.System);
if (owner is null) return Fail(storeInUse, $"The store {arguments.Path} is in use by another process. One store has one owner: stop the other server, or choose another data folder.");

try
{
    LibChDb.LoadFrom(arguments.Library);
    LibChDb.SetSignalHandlersEnabled(0);
}
catch (Exception error) when (error is DllNotFoundException or EntryPointNotFoundException or BadImageFormatException)
{
    return Fail(badArguments, $"Cannot load {arguments.Library}: {error.Message}");
}

var memory = arguments.MemoryMib * 1024L * 1024L;
var pool = ConnectionPool.Open(
    [
        "chdb",
        $"--path={storeFolder}",
        string.Create(CultureInfo.InvariantCulture, $"--max_server_memory_usage={memory}"),
        // The library's own defaults suit a machine of its own: 5 GB of mark cache, and as many threads as it likes.
        string.Create(CultureInfo.InvariantCulture, $"--mark_cache_size={memory / 16}"),
        // Threads are made as they are needed. Two queries over a hundred days of parts want more than a hundred at once, and wait for
        // each other for ever when the pool is smaller.
        "--max_thread_pool_size=1000",
        "--background_pool_size=2",
        // Inserts arrive in batches and are acknowledged when they are on disk.
        "--async_insert=0",
    ],
    writerCount,
    readerCount);
if (pool is null) return Fail(cannotOpen, $"The engine cannot open {storeFolder}. It gives no reason; a damaged store or a full disk are the usual ones.");

if (arguments.SelfCheck)
{
    await Console.Out.WriteLineAsync(await SelfCheck.RunAsync(pool));
    await pool.CloseAsync(TimeSpan.FromSeconds(10));
    return 0;
}

// Engine calls hold a thread for as long as they last.
ThreadPool.SetMinThreads(writerCount + readerCount + 8, writerCount + readerCount + 8);
var builder = WebApplication.CreateSlimBuilder(new WebApplicationOptions { ContentRootPath = workingFolder });
builder.Logging.ClearProviders();
builder.Logging.AddSimpleConsole();
builder.Logging.SetMinimumLevel(LogLevel.Warning);
builder.Services.Configure<Microsoft.Extensions.Logging.Console.ConsoleLoggerOptions>(o => o.LogToStandardErrorThreshold = LogLevel.Trace);
builder.Services.Configure<HostOptions>(o => o.ShutdownTimeout = TimeSpan.FromSeconds(5));
builder.Services.AddSingleton(arguments);
builder.Services.AddSingleton<IHostLifetime, EngineLifetime>();
if (arguments.ExitWithParent) builder.Services.AddHostedService<ParentWatch>();
builder.WebHost.ConfigureKestrel(kestrel =>
{
    kestrel.AddServerHeader = false;
    kestrel.Limits.MaxRequestBodySize = null;
    kestrel.Limits.MaxRequestLineSize = 1024 * 1024;
    kestrel.Limits.MaxRequestBufferSize = 4 * 1024 * 1024;
    kestrel.Limits.MinRequestBodyDataRate = null;
    if (arguments.Port is { } port)
    {
        kestrel.Listen(IPAddress.Loopback, port);
        return;
    }

    // The lock is ours, so a socket that lies there belongs to nobody.
    File.Delete(arguments.Socket!);
    kestrel.ListenUnixSocket(arguments.Socket!);
});
builder.Services.AddSingleton<IMemoryPoolFactory<byte>>(new LargeBlocks(128 * 1024));
await using var app = builder.Build();
app.Run(new ClickHouseProtocol(pool, credentials).HandleAsync);
await app.StartAsync();
if (arguments.Socket is { } socket) File.SetUnixFileMode(socket, UnixFileMode.UserRead | UnixFileMode.UserWrite);
await Console.Out.WriteLineAsync($"ready {app.Urls.FirstOrDefault()}");
await app.WaitForShutdownAsync();
await pool.CloseAsync(TimeSpan.FromSeconds(5));
if (arguments.Socket is { } bound) File.Delete(bound);

// Native threads may outlast a busy connection and hold up an orderly exit.
LibC.ExitNow(0);
return 0;

static int Fail(int code, string message)
{
    Console.Error.WriteLine(message);
    return code;
}
