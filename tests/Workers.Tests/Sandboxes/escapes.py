"""Attempts to break out, one by name. Each prints what it got; the last line is HELD or ESCAPED.

Facts about the host come as variables: HOST_FILE, HOST_SECRET (backwards, so that this program's own variables do not hold it), HOST_PORT, HOST_SOCKET (abstract), HOST_PID (a process of the same
user), COUNT (how much of a thing to take). Every attempt is harmless where nothing holds it, so that it can be seen to succeed there.
"""
import ctypes, errno, os, platform, resource, signal, socket, sys, time

libc = ctypes.CDLL(None, use_errno=True)
X64 = platform.machine() == "x86_64"
got = []


def env(name):
    return os.environ.get(name, "")


def secret():
    return env("HOST_SECRET")[::-1]


def escaped(what):
    got.append(what)
    print("escaped:", what, flush=True)


def attempt(what, action):
    """The action succeeds: escaped. Its error is shown."""
    try:
        result = action()
        if result is not None and result is not False:
            escaped(what)
        else:
            print("held:", what)
    except Exception as error:
        print("held:", what, type(error).__name__, error)


def call(number_x64, number_arm, *arguments):
    ctypes.set_errno(0)
    result = libc.syscall(number_x64 if X64 else number_arm, *arguments)
    if result < 0:
        raise OSError(ctypes.get_errno(), os.strerror(ctypes.get_errno()))
    return True


def in_child(action):
    """Runs it in a child, so that what it changes ends with it; true when it succeeded."""
    child = os.fork()
    if child == 0:
        try:
            os._exit(0 if action() else 3)
        except BaseException as error:
            print("held in child:", error, flush=True)
            os._exit(4)
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0 or None


def read(path, size=100_000):
    with open(path, "rb", buffering=0) as file:
        return file.read(size)


def files():
    attempt("read a file of the host", lambda: secret() in read(env("HOST_FILE")).decode())
    attempt("list its folder", lambda: os.listdir(os.path.dirname(env("HOST_FILE"))))
    attempt("write there", lambda: open(env("HOST_FILE") + ".written", "w"))
    attempt("through /proc/self/root", lambda: read("/proc/self/root" + env("HOST_FILE")))
    attempt("through .. beyond the root", lambda: read("/work/" + "../" * 20 + env("HOST_FILE").lstrip("/")))
    attempt("accounts of the host", lambda: read("/etc/shadow"))
    # An interpreter that is installed in a home folder is shown there, and nothing else of that folder.
    attempt("home folders", lambda: [name for folder in ("/root", "/home", "/var/lib") if os.path.isdir(folder)
                                     for name in os.listdir(folder) if not sys.prefix.startswith(f"{folder}/{name}/")] or None)
    attempt("write programs", lambda: os.access("/usr/bin", os.W_OK))
    attempt("write at the root", lambda: os.access("/", os.W_OK))


def environment():
    for name in os.listdir("/proc"):
        if name.isdigit():
            attempt(f"the secret in the environment of {name}", lambda: secret().encode() in read(f"/proc/{name}/environ"))


def processes():
    attempt("see a process of the host", lambda: os.path.exists(f"/proc/{env('HOST_PID')}/cmdline") and env("HOST_MARK") in read(f"/proc/{env('HOST_PID')}/cmdline").decode())
    attempt("see many processes", lambda: len([name for name in os.listdir("/proc") if name.isdigit()]) > 12)
    attempt("read its memory map", lambda: os.readlink(f"/proc/{env('HOST_PID')}/exe"))


def signals():
    attempt("reach a process", lambda: os.kill(int(env("HOST_PID")), 0) is None)
    attempt("end a process", lambda: os.kill(int(env("HOST_PID")), signal.SIGUSR1) is None)


def connect(family, address):
    with socket.socket(family, socket.SOCK_STREAM) as s:
        s.settimeout(1)
        s.connect(address)
        return True


def network():
    attempt("a port of the host", lambda: connect(socket.AF_INET, ("127.0.0.1", int(env("HOST_PORT")))))
    attempt("another interface", lambda: [name for _, name in socket.if_nameindex() if name != "lo"] or None)
    attempt("vsock", lambda: socket.socket(40, socket.SOCK_STREAM))
    attempt("raw packets", lambda: socket.socket(socket.AF_PACKET, socket.SOCK_RAW))
    attempt("raw addresses", lambda: socket.socket(socket.AF_INET, socket.SOCK_RAW, 1))
    for where in (("192.0.2.1", 80), ("169.254.169.254", 80)):
        attempt(f"{where[0]}", lambda: connect(socket.AF_INET, where))


def dns():
    def servers():
        return [line.split()[1] for line in read("/etc/resolv.conf").decode().splitlines() if line.startswith("nameserver")] or None
    attempt("the host's name servers", servers)
    os.environ["RES_OPTIONS"] = "timeout:1 attempts:1"
    attempt("a name", lambda: socket.getaddrinfo("example.com", 80))
    attempt("the host's own name", lambda: (socket.gethostname() != "sandbox") or None)

    def ask(where):
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as s:
            s.settimeout(2)
            s.sendto(b"\x12\x34\x01\x00\x00\x01\x00\x00\x00\x00\x00\x00\x07example\x03com\x00\x00\x01\x00\x01", where)
            return s.recv(512) or None
    attempt("a datagram to a name server of the host", lambda: ask(("127.0.0.1", int(env("HOST_UDP")))))


def abstract_sockets():
    attempt("an abstract socket", lambda: connect(socket.AF_UNIX, "\0" + env("HOST_SOCKET")))
    attempt("the names of sockets", lambda: env("HOST_SOCKET") in read("/proc/net/unix").decode())


def ptrace():
    attempt("be traced", lambda: in_child(lambda: call(101, 117, 0, 0, 0, 0)))
    def trace_child():
        child = os.fork()
        if child == 0:
            time.sleep(30)
            os._exit(0)
        try:
            return call(101, 117, 16, child, 0, 0)
        finally:
            os.kill(child, signal.SIGKILL)
    attempt("trace a child", trace_child)
    attempt("trace a process of the host", lambda: in_child(lambda: call(101, 117, 16, int(env("HOST_PID")), 0, 0)))
    attempt("read the memory of process 1", lambda: read("/proc/1/mem", 1) is not None if os.getpid() != 1 else None)


def alone():
    """Where nothing holds it, a mount must not change the machine that the test runs on."""
    for flags in (0x20000, 0x10020000):
        try:
            call(272, 97, flags)
            call(165, 40, b"none", b"/", b"", 16384 | (1 << 18), 0)
            break
        except OSError:
            pass
    return True


def namespaces():
    CLONE = {"user": 0x10000000, "mount": 0x20000, "pid": 0x20000000, "network": 0x40000000, "names": 0x4000000}
    for name, flag in CLONE.items():
        attempt(f"a new {name} namespace", lambda: in_child(lambda: call(272, 97, flag)))
    attempt("clone into a new user namespace", lambda: in_child(lambda: call(56, 220, 0x10000000 | signal.SIGCHLD, 0, 0, 0, 0) or True))
    attempt("mount", lambda: in_child(lambda: alone() and call(165, 40, b"none", b"/tmp", b"tmpfs", 0, 0)))
    attempt("remount /usr to write", lambda: in_child(lambda: alone() and call(165, 40, b"none", b"/usr", b"", 32 | 4096, 0)))
    attempt("a new root", lambda: in_child(lambda: call(161, 51, b"/")))
    attempt("the namespace of process 1", lambda: in_child(lambda: call(308, 268, os.open("/proc/1/ns/mnt", os.O_RDONLY), 0)))
    attempt("the new calls of mounting", lambda: call(430, 430, b"tmpfs", 0))
    attempt("a device", lambda: os.mknod(os.path.join(env("HOME"), "device"), 0o600 | 0o20000, os.makedev(1, 3)) is None)


def fork_bomb():
    children, count = [], int(env("COUNT"))
    try:
        while len(children) < count:
            child = os.fork()
            if child == 0:
                signal.pause()
            children.append(child)
        escaped(f"{count} processes")
    except OSError as error:
        print("held at", len(children), error)
    for child in children:
        os.kill(child, signal.SIGKILL)


def memory_bomb():
    blocks = []
    for _ in range(int(env("COUNT"))):
        blocks.append(b"x" * (1 << 20))
    escaped(f"{len(blocks)} MiB")


def disk_bytes():
    for folder in (env("HOME"), "/tmp", "/dev/shm"):
        def fill():
            path = os.path.join(folder, f"big-{os.getpid()}")
            try:
                with open(path, "wb") as file:
                    for _ in range(int(env("COUNT"))):
                        file.write(b"x" * (1 << 20))
                return True
            finally:
                os.unlink(path)
        attempt(f"{env('COUNT')} MiB in {folder}", fill)


def disk_files():
    for folder in (env("HOME"), "/tmp", "/dev/shm"):
        def fill():
            base = os.path.join(folder, f"many-{os.getpid()}")
            os.mkdir(base)
            made = 0
            try:
                for made in range(int(env("COUNT"))):
                    os.close(os.open(f"{base}/{made}", os.O_CREAT | os.O_WRONLY))
                return True
            finally:
                for name in os.listdir(base):
                    os.unlink(f"{base}/{name}")
                os.rmdir(base)
        attempt(f"{env('COUNT')} files in {folder}", fill)


def descriptors():
    kept = []
    def take():
        for _ in range(int(env("COUNT"))):
            kept.append(os.open("/dev/null", os.O_RDONLY))
        return True
    attempt(f"{env('COUNT')} open files", take)
    attempt("a higher limit", lambda: resource.setrlimit(resource.RLIMIT_NOFILE, (int(env("COUNT")), int(env("COUNT")))) is None)


def setuid():
    attempt("gain rights by a program", lambda: libc.prctl(39, 0, 0, 0, 0) == 0)
    for folder in (env("HOME"), "/tmp", "/usr"):
        attempt(f"set-user-id programs count in {folder}", lambda: not os.statvfs(folder).f_flag & os.ST_NOSUID)
    attempt("become root", lambda: (os.getuid() == 0 and os.geteuid() == 0) or os.setuid(0) is None)
    def capabilities():
        for line in read("/proc/self/status").decode().splitlines():
            if line.startswith("CapBnd:"):
                return int(line.split()[1], 16) or None
    attempt("capabilities", capabilities)


def proc_sys_writes():
    attempt("how likely a process of the host is killed", lambda: os.open(f"/proc/{env('HOST_PID')}/oom_score_adj", os.O_WRONLY))
    attempt("the name of a process of the host", lambda: os.open(f"/proc/{env('HOST_PID')}/comm", os.O_WRONLY))
    for path in ("/proc/sys/kernel/core_pattern", "/proc/sys/vm/drop_caches", "/proc/sysrq-trigger", "/proc/1/oom_score_adj",
                 "/sys/kernel/uevent_helper", "/sys/fs/cgroup/cgroup.procs", "/sys/kernel/mm/transparent_hugepage/enabled"):
        attempt(path, lambda: os.open(path, os.O_WRONLY))
    attempt("the kernel's messages", lambda: os.open("/dev/kmsg", os.O_RDONLY))
    attempt("the host's memory", lambda: os.open("/dev/mem", os.O_RDONLY))


def terminal():
    import fcntl, pty
    _, slave = pty.openpty()
    for name, number in (("TIOCSTI", 0x5412), ("TIOCLINUX", 0x541C)):
        try:
            fcntl.ioctl(slave, number, b"x")
            escaped(name)
        except OSError as error:
            # Anything but the filter's word means that only a setting of the kernel stood in the way, or nothing.
            if error.errno == errno.EPERM:
                print("held:", name, error)
            else:
                escaped(f"{name} came through to the kernel, which said {error}")
    attempt("the terminal of who started this", lambda: open("/dev/tty", "w"))
    attempt("its session", lambda: os.getsid(0) == int(env("HOST_SESSION")))


def leaked_descriptors():
    for number in range(3, 1024):
        try:
            what = os.readlink(f"/proc/self/fd/{number}")
        except OSError:
            continue
        attempt(f"descriptor {number}, {what}", lambda: secret().encode() in os.pread(number, 4096, 0))


def hang():
    for number in range(1, 32):
        try:
            signal.signal(number, signal.SIG_IGN)
        except (OSError, ValueError):
            pass
    os.kill(os.getpid(), signal.SIGTERM)
    print("still here", flush=True)
    while True:
        time.sleep(1000)


def outlive():
    if os.fork() == 0:
        os.setsid()
        if os.fork() == 0:
            for number in range(3):
                os.close(number)
            os.execvp("sleep", ["sleep", env("HOST_MARK")])
        os._exit(0)
    os.wait()
    print("left behind", flush=True)
    sys.stdin.read()


globals()[sys.argv[1]]()
print("ESCAPED" if got else "HELD", flush=True)
