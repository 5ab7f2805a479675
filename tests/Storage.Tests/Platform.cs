using System.Runtime.Versioning;

// File modes, links and mounts are part of what is tested here.
[assembly: UnsupportedOSPlatform("windows")]
