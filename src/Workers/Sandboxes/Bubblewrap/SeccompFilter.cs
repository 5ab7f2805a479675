using System.Buffers.Binary;
using System.Runtime.InteropServices;

namespace Espalier.Workers.Sandboxes.Bubblewrap;

/// <summary>A deny list of system calls as classic BPF, in the form that <c>bwrap --seccomp</c> reads: what no agent needs and what kernel
/// exploits start from. The namespaces are the wall; this makes the kernel behind it smaller.</summary>
internal static class SeccompFilter
{
    private const uint Allow = 0x7fff0000;
    private const uint KillProcess = 0x80000000;
    private const uint Errno = 0x00050000;
    private const uint Eperm = 1;
    private const uint Enosys = 38;
    private const uint EafNoSupport = 97;

    private const ushort Load = 0x20;
    private const ushort JumpIfEqual = 0x15;
    private const ushort JumpIfAtLeast = 0x35;
    private const ushort JumpIfAnySet = 0x45;
    private const ushort Return = 0x06;

    // Offsets in struct seccomp_data: the low halves of the arguments, on machines with the low byte first.
    private const uint Number = 0;
    private const uint Architecture = 4;
    private const uint Argument0 = 16;
    private const uint Argument1 = 24;

    /// <summary>CLONE_NEWTIME, NEWNS, NEWCGROUP, NEWUTS, NEWIPC, NEWUSER, NEWPID, NEWNET.</summary>
    private const uint NewNamespaces = 0x7E020080;

    /// <summary>The filter for this machine's processor; null for one that no table exists for.</summary>
    public static byte[]? ForThisMachine() => RuntimeInformation.ProcessArchitecture switch
    {
        System.Runtime.InteropServices.Architecture.X64 => Build(Calls.X64),
        System.Runtime.InteropServices.Architecture.Arm64 => Build(Calls.Arm64),
        _ => null,
    };

    private static byte[] Build(Calls calls)
    {
        var program = new List<(ushort Code, byte True, byte False, uint K)>
        {
            (Load, 0, 0, Architecture),
            (JumpIfEqual, 1, 0, calls.Audit),
            (Return, 0, 0, KillProcess),
            (Load, 0, 0, Number),
        };

        // The second call table of x86-64 (x32) would walk around every number below.
        if (calls.HasX32) program.AddRange([(JumpIfAtLeast, 0, 1, 0x40000000), (Return, 0, 0, Errno | Enosys)]);
        foreach (var call in calls.Denied) program.AddRange([(JumpIfEqual, 0, 1, call), (Return, 0, 0, Errno | Eperm)]);

        // Libraries fall back to older calls when these do not exist. clone3 hides its flags behind a pointer that a filter cannot follow.
        foreach (var call in calls.Missing) program.AddRange([(JumpIfEqual, 0, 1, call), (Return, 0, 0, Errno | Enosys)]);
        program.AddRange(
        [
            (JumpIfEqual, 0, 4, calls.CloneCall),
            (Load, 0, 0, Argument0),
            (JumpIfAnySet, 0, 1, NewNamespaces),
            (Return, 0, 0, Errno | Eperm),
            (Return, 0, 0, Allow),

            // TIOCSTI and TIOCLINUX type into a terminal.
            (JumpIfEqual, 0, 5, calls.Ioctl),
            (Load, 0, 0, Argument1),
            (JumpIfEqual, 1, 0, 0x5412),
            (JumpIfEqual, 0, 1, 0x541C),
            (Return, 0, 0, Errno | Eperm),
            (Return, 0, 0, Allow),

            // Unix, IPv4, IPv6 and route sockets (getaddrinfo asks for the last); AF_VSOCK is not covered by a network namespace.
            (JumpIfEqual, 0, 7, calls.Socket),
            (Load, 0, 0, Argument0),
            (JumpIfEqual, 4, 0, 1),
            (JumpIfEqual, 3, 0, 2),
            (JumpIfEqual, 2, 0, 10),
            (JumpIfEqual, 1, 0, 16),
            (Return, 0, 0, Errno | EafNoSupport),
            (Return, 0, 0, Allow),
            (Return, 0, 0, Allow),
        ]);

        var bytes = new byte[8 * program.Count];
        for (var i = 0; i < program.Count; i++)
        {
            var (code, yes, no, k) = program[i];
            var at = bytes.AsSpan(8 * i, 8);
            BinaryPrimitives.WriteUInt16LittleEndian(at, code);
            at[2] = yes;
            at[3] = no;
            BinaryPrimitives.WriteUInt32LittleEndian(at[4..], k);
        }

        return bytes;
    }

    /// <summary>System call numbers of one processor, from the kernel's <c>unistd</c> headers.</summary>
    private sealed record Calls(uint Audit, bool HasX32, uint CloneCall, uint Ioctl, uint Socket, uint[] Denied, uint[] Missing)
    {
        // From number 424 on, all processors share their numbers: open_tree, move_mount, fsopen, fsconfig, fsmount, fspick, pidfd_getfd,
        // process_madvise, mount_setattr; io_uring_setup, _enter, _register, clone3.
        private static readonly uint[] SharedDenied = [428, 429, 430, 431, 432, 433, 438, 440, 442];
        private static readonly uint[] SharedMissing = [425, 426, 427, 435];

        // In this order: ptrace, process_vm_readv, process_vm_writev, kcmp; mount, umount2, pivot_root, chroot, unshare, setns; add_key,
        // request_key, keyctl; bpf, perf_event_open, userfaultfd; kexec_load, kexec_file_load, init_module, finit_module, delete_module,
        // reboot; swapon, swapoff, acct, quotactl, syslog, vhangup; settimeofday, clock_settime, clock_adjtime, adjtimex; open_by_handle_at,
        // move_pages, migrate_pages (and iopl, ioperm, which x86 alone has).
        public static readonly Calls X64 = new(0xC000003E, HasX32: true, CloneCall: 56, Ioctl: 16, Socket: 41,
        [
            101, 310, 311, 312, 165, 166, 155, 161, 272, 308, 248, 249, 250, 321, 298, 323, 246, 320, 175, 313, 176,
            169, 167, 168, 163, 179, 103, 153, 164, 227, 305, 159, 304, 279, 256, 172, 173, .. SharedDenied,
        ],
        SharedMissing);

        public static readonly Calls Arm64 = new(0xC00000B7, HasX32: false, CloneCall: 220, Ioctl: 29, Socket: 198,
        [
            117, 270, 271, 272, 40, 39, 41, 51, 97, 268, 217, 218, 219, 280, 241, 282, 104, 294, 105, 273, 106,
            142, 224, 225, 89, 60, 116, 58, 170, 112, 266, 171, 265, 239, 238, .. SharedDenied,
        ],
        SharedMissing);
    }
}
