/* launch [--cgroup FILE]... [--data BYTES] [--files N] [--seccomp FILE] [--uid N | --own-namespace yes] [--serve SOCKET] [--collect SOCKET]
 *        [--stage PATH | --memory BYTES:FILES | --overlay PATH:BYTES:FILES]... -- PROGRAM ARG...
 *
 * Does what `env -i`, prlimit and setpriv would do, in one program instead of three, and what they cannot:
 * - joins the control groups before anything is started, so that no process is born outside of them;
 * - shows what is staged as /tmp/0, /tmp/1, ... in a mount namespace of its own (stage.c), so that the run's own user reaches it although
 *   its parent folders are closed to it, and so that what it writes is limited in bytes and in files;
 * - hands variables named E_X over as `--setenv X` arguments through a descriptor: no value shows on a command line, and PROGRAM itself
 *   starts with an empty environment, because process 1 of a sandbox can be asked for the one it was started with. The prefix is there
 *   because an agent chooses names: without it a name could steer this program, which may run as root;
 * - listens on the Unix sockets --serve and --collect and hands the listeners to process 1 of the sandbox: nothing of the host needs to be
 *   writable inside for the host to reach what runs there. */
#define _GNU_SOURCE
#include "forwarder.h"

#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/un.h>
#include <unistd.h>

enum { SECCOMP_FD = 10, ENVIRONMENT_FD = 11 };

extern char **environ;

static void join_group(const char *file)
{
    int fd = open(file, O_WRONLY | O_CLOEXEC);
    if (fd < 0 || write(fd, "0", 1) != 1) fail(file);
    close(fd);
}

static void limit(int resource, rlim_t value)
{
    struct rlimit r = { value, value }, now;
    if (getrlimit(resource, &now) == 0 && now.rlim_max < value) r.rlim_cur = r.rlim_max = now.rlim_max;
    if (setrlimit(resource, &r) != 0) fail("setrlimit");
}

static int environment_arguments(void)
{
    int fd = memfd_create("environment", MFD_CLOEXEC);
    if (fd < 0) fail("memfd_create");
    for (char **e = environ; *e; e++) {
        char *name = *e + 2, *value = strchr(*e, '=');
        if (strncmp(*e, "E_", 2) != 0 || !value) continue;
        *value++ = 0;
        if (dprintf(fd, "--setenv%c%s%c%s%c", 0, name, 0, value, 0) < 0) fail("write environment");
    }
    lseek(fd, 0, SEEK_SET);
    return fd;
}

static int listen_at(const char *path)
{
    struct sockaddr_un here = { .sun_family = AF_UNIX };
    if (strlen(path) >= sizeof here.sun_path) { errno = ENAMETOOLONG; fail(path); }
    strcpy(here.sun_path, path);
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (fd < 0 || bind(fd, (void *)&here, sizeof here) != 0 || listen(fd, 256) != 0) fail(path);
    return fd;
}

int launch(int argc, char **argv)
{
    /* A server with real-time priority must not hand it on: an agent could starve the machine, and a control group without a share of
     * real time refuses such a process. Giving priority up is always allowed. */
    struct sched_param usual = { 0 };
    if (sched_getscheduler(0) != SCHED_OTHER && sched_setscheduler(0, SCHED_OTHER, &usual) != 0) fail("give up real-time priority");
    struct staged staged[MAX_STAGED];
    char *filter = NULL;
    int serve_fd = -1, collect_fd = -1;
    long uid = 0;
    rlim_t files = 1024;
    int count = 0, i = 0, own = 0;
    for (; i + 1 < argc && strcmp(argv[i], "--") != 0; i += 2) {
        char *name = argv[i], *value = argv[i + 1];
        if (strcmp(name, "--cgroup") == 0) join_group(value);
        else if (strcmp(name, "--data") == 0) limit(RLIMIT_DATA, strtoull(value, NULL, 10));
        else if (strcmp(name, "--files") == 0) files = strtoull(value, NULL, 10);
        else if (strcmp(name, "--seccomp") == 0) filter = value;
        else if (strcmp(name, "--serve") == 0) serve_fd = listen_at(value);
        else if (strcmp(name, "--collect") == 0) collect_fd = listen_at(value);
        else if (strcmp(name, "--uid") == 0) uid = atol(value);
        else if (strcmp(name, "--own-namespace") == 0) own = 1;
        else if (strncmp(name, "--", 2) == 0 && count < MAX_STAGED && (staged[count].kind = staged_kind(name + 2)) != 0) staged[count++].value = value;
        else { errno = EINVAL; fail(name); }
    }
    if (i + 1 >= argc) { errno = EINVAL; fail("launch"); }
    argv += i + 1;

    limit(RLIMIT_CORE, 0);
    limit(RLIMIT_NOFILE, files);
    limit(RLIMIT_MEMLOCK, 65536);
    limit(RLIMIT_FSIZE, 1UL << 30);
    signal(SIGPIPE, SIG_DFL);
    umask(022);

    int filter_fd = filter ? open(filter, O_RDONLY | O_CLOEXEC) : -1;
    if (filter && filter_fd < 0) fail(filter);
    int environment_fd = environment_arguments();
    if (count > 0) stage(staged, count, uid, own);
    if (uid > 0 && (setgroups(0, NULL) != 0 || setresgid(uid, uid, uid) != 0 || setresuid(uid, uid, uid) != 0)) fail("change user");
    if (chdir("/") != 0) fail("chdir");

    /* Whatever the host forgot to close is closed here; only then are the descriptors that bubblewrap and process 1 need put in place. */
    int kept_filter = filter_fd < 0 ? -1 : fcntl(filter_fd, F_DUPFD_CLOEXEC, 64);
    int kept_environment = fcntl(environment_fd, F_DUPFD_CLOEXEC, 64);
    int kept_serve = serve_fd < 0 ? -1 : fcntl(serve_fd, F_DUPFD_CLOEXEC, 64);
    int kept_collect = collect_fd < 0 ? -1 : fcntl(collect_fd, F_DUPFD_CLOEXEC, 64);
    if (syscall(SYS_close_range, 3U, ~0U, 4U /* CLOSE_RANGE_CLOEXEC */) != 0)
        for (int fd = 3; fd < 65536; fd++) fcntl(fd, F_SETFD, FD_CLOEXEC);
    if (kept_filter >= 0 && dup2(kept_filter, SECCOMP_FD) < 0) fail("dup2");
    if (dup2(kept_environment, ENVIRONMENT_FD) < 0) fail("dup2");
    if (kept_serve >= 0 && dup2(kept_serve, SERVE_FD) < 0) fail("dup2");
    if (kept_collect >= 0 && dup2(kept_collect, COLLECT_FD) < 0) fail("dup2");

    char *nothing[] = { NULL };
    execve(argv[0], argv, nothing);
    fail(argv[0]);
}
