using System.Runtime.Versioning;

// File modes, Unix sockets and the sandbox are Linux's.
[assembly: SupportedOSPlatform("linux")]
