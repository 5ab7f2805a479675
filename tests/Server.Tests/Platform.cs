using System.Runtime.Versioning;

// The server is for Linux, and so are its trials.
[assembly: SupportedOSPlatform("linux")]
