using System.Runtime.Versioning;

// Signals, mounts and the sandbox are part of what is tested here.
[assembly: UnsupportedOSPlatform("windows")]
