/* init PORT SOCKET PROCESSES SOURCE [copy FROM TO]... [serve PORT] [collect FOLDER] -- PROGRAM ARG...
 *
 * Process 1 of a sandbox: copies SOURCE to the work folder (-: its files are there already), listens on 127.0.0.1:PORT, says "ready" on standard error, starts PROGRAM, and
 * carries each connection to the gateway's Unix socket until PROGRAM ends. PORT 0: no network. Exits as PROGRAM did (128 + signal),
 * which ends everything else in the sandbox.
 *
 * copy: lays one more folder over another. serve: carries connections to the inherited listener to 127.0.0.1:PORT, where PROGRAM serves.
 * collect: before it exits it hands the folder's files to whoever connects to the inherited listener and says 'w' (when PROGRAM has ended
 * by itself) or 'k' (now: PROGRAM is killed).
 *
 * One thread, edge-triggered: every event of a connection moves bytes both ways until each way would block, so no interest sets are
 * kept and a closed peer cannot make the loop spin. A full buffer stops reading, so a slow reader slows the writer. */
#define _GNU_SOURCE
#include "forwarder.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/sendfile.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

enum { MAX_CONNECTIONS = 400, BUFFER = 32768, EVENTS = 64 };

static const char READY[] = "\001ready\n"; /* Workers/Sandboxes/StderrPump.cs waits for it: a failure before it is the sandbox's, after it the program's. */

struct way { size_t start, end; int ended, shut; char bytes[BUFFER]; };
struct connection { int fd[2]; int broken; struct way way[2]; struct connection *next_dead; };

static int connections, poller, listener = -1, serving = SERVE_FD, collecting = COLLECT_FD;
static int serve_port, collector = -1, ended = -1;
static const char *collected;
static struct connection *dead;
static struct sockaddr_un gateway = { .sun_family = AF_UNIX };

static void copy_tree(int from, int to)
{
    DIR *folder = fdopendir(from);
    if (!folder) fail("read source folder");
    for (struct dirent *e; (e = readdir(folder)) != NULL;) {
        struct stat s;
        if (strcmp(e->d_name, ".") == 0 || strcmp(e->d_name, "..") == 0) continue;
        if (fstatat(from, e->d_name, &s, AT_SYMLINK_NOFOLLOW) != 0) fail(e->d_name);
        if (S_ISDIR(s.st_mode)) {
            if (mkdirat(to, e->d_name, 0755) != 0 && errno != EEXIST) fail(e->d_name);
            int a = openat(from, e->d_name, O_RDONLY | O_DIRECTORY | O_CLOEXEC), b = openat(to, e->d_name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
            if (a < 0 || b < 0) fail(e->d_name);
            copy_tree(a, b);
            close(b);
        } else if (S_ISREG(s.st_mode)) {
            int a = openat(from, e->d_name, O_RDONLY | O_CLOEXEC);
            int b = openat(to, e->d_name, O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW | O_CLOEXEC, s.st_mode & 0100 ? 0755 : 0644);
            if (a < 0 || b < 0) fail(e->d_name);
            for (ssize_t n; (n = sendfile(b, a, NULL, 1 << 20)) != 0;) if (n < 0) fail(e->d_name);
            close(a);
            close(b);
        } else if (S_ISLNK(s.st_mode)) {
            /* Followed by whoever opens it, inside, where it leads nowhere else than the program itself gets. */
            char target[4096];
            ssize_t n = readlinkat(from, e->d_name, target, sizeof target - 1);
            if (n < 0) fail(e->d_name);
            target[n] = 0;
            if (symlinkat(target, to, e->d_name) != 0) fail(e->d_name);
        }
    }
    closedir(folder);
}

void copy_over(const char *source, const char *target)
{
    int from = open(source, O_RDONLY | O_DIRECTORY | O_CLOEXEC), to = open(target, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (from < 0 || to < 0) fail("open source folder");
    copy_tree(from, to);
    close(to);
}

static void listen_on(int port)
{
    struct sockaddr_in here = { .sin_family = AF_INET, .sin_port = htons(port), .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
    listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (listener < 0 || bind(listener, (void *)&here, sizeof here) != 0 || listen(listener, 256) != 0) fail("listen");
    struct epoll_event e = { .events = EPOLLIN, .data.ptr = &listener };
    if (epoll_ctl(poller, EPOLL_CTL_ADD, listener, &e) != 0) fail("epoll");
}

/* A listener that was inherited; the program must not get it. */
static void watch(int *fd)
{
    struct epoll_event e = { .events = EPOLLIN, .data.ptr = fd };
    if (fcntl(*fd, F_SETFD, FD_CLOEXEC) != 0 || epoll_ctl(poller, EPOLL_CTL_ADD, *fd, &e) != 0) fail("inherited listener");
}

/* Where a connection goes on to: from the program to the gateway, from the host to the program. */
static int connect_on(int from)
{
    if (from == listener) {
        int server = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
        if (server < 0 || connect(server, (void *)&gateway, sizeof gateway) == 0) return server;
        close(server);
        return -1;
    }
    /* Without waiting: a program that does not accept must not hold up the rest. */
    struct sockaddr_in there = { .sin_family = AF_INET, .sin_port = htons(serve_port), .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
    int server = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0), one = 1;
    if (server < 0) return -1;
    setsockopt(server, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
    if (connect(server, (void *)&there, sizeof there) == 0 || errno == EINPROGRESS) return server;
    close(server);
    return -1;
}

static void open_connection(int from)
{
    int client = accept4(from, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK), one = 1;
    if (client < 0) return;
    struct connection *c = connections < MAX_CONNECTIONS ? calloc(1, sizeof *c) : NULL;
    int server = c ? connect_on(from) : -1;
    if (server < 0) {
        free(c);
        close(client);
        return;
    }
    if (from == listener) setsockopt(client, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
    fcntl(server, F_SETFL, O_NONBLOCK);
    c->fd[0] = client;
    c->fd[1] = server;
    connections++;
    struct epoll_event e = { .events = EPOLLIN | EPOLLOUT | EPOLLRDHUP | EPOLLET, .data.ptr = c };
    if (epoll_ctl(poller, EPOLL_CTL_ADD, client, &e) != 0 || epoll_ctl(poller, EPOLL_CTL_ADD, server, &e) != 0) fail("epoll");
}

/* Moves bytes one way until reading or writing would block; an end of input is passed on as a half close. */
static void move(struct connection *c, int source)
{
    struct way *w = &c->way[source];
    int from = c->fd[source], to = c->fd[!source];
    while (!c->broken && !w->shut) {
        if (w->start == w->end && w->ended) {
            shutdown(to, SHUT_WR);
            w->shut = 1;
        } else if (w->start == w->end) {
            ssize_t n = read(from, w->bytes, BUFFER);
            if (n < 0 && errno == EINTR) continue;
            if (n < 0 && errno == EAGAIN) return;
            if (n < 0) c->broken = 1;
            w->ended = n == 0;
            w->start = 0;
            w->end = n > 0 ? (size_t)n : 0;
        } else {
            ssize_t n = send(to, w->bytes + w->start, w->end - w->start, MSG_NOSIGNAL);
            if (n < 0 && errno == EINTR) continue;
            if (n < 0 && errno == EAGAIN) return;
            if (n < 0) c->broken = 1;
            else w->start += (size_t)n;
        }
    }
}

static void serve(struct connection *c)
{
    if (c->broken) return;
    move(c, 0);
    move(c, 1);
    if (!c->broken && !(c->way[0].shut && c->way[1].shut)) return;
    c->broken = 1; /* Later events of the same batch still point here, so it is freed after the batch. */
    close(c->fd[0]);
    close(c->fd[1]);
    c->next_dead = dead;
    dead = c;
    connections--;
}

static pid_t start(char **command, rlim_t processes, const sigset_t *original)
{
    pid_t child = fork();
    if (child < 0) fail("fork");
    if (child > 0) return child;
    struct rlimit r = { processes, processes };
    if (setrlimit(RLIMIT_NPROC, &r) != 0) fail("setrlimit");
    sigprocmask(SIG_SETMASK, original, NULL);
    execv(command[0], command);
    dprintf(2, "sandbox: %s: %s\n", command[0], strerror(errno));
    _exit(127);
}

/* Exits, but not before the files were handed over where that is asked for. */
static void finish(int code)
{
    ended = code;
    if (collected && collector < 0) return;
    if (collected) send_folder(collected, collector);
    exit(code);
}

static void open_collector(void)
{
    char word;
    int fd = accept4(collecting, NULL, NULL, SOCK_CLOEXEC);
    if (fd < 0 || read(fd, &word, 1) != 1 || collector >= 0) {
        if (fd >= 0) close(fd);
        return;
    }
    collector = fd;
    if (ended >= 0 || word == 'k') finish(ended >= 0 ? ended : 128 + SIGKILL);
}

/* Reaps everything that ended (orphans come to process 1) and exits with the program; other signals are the program's. */
static void on_signal(int signals, pid_t child)
{
    struct signalfd_siginfo s;
    while (read(signals, &s, sizeof s) == sizeof s) {
        if (s.ssi_signo != SIGCHLD) {
            kill(child, (int)s.ssi_signo);
            continue;
        }
        int status;
        for (pid_t p; (p = waitpid(-1, &status, WNOHANG)) > 0;)
            if (p == child) finish(WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status));
    }
}

int forward(int argc, char **argv)
{
    if (argc < 6) { errno = EINVAL; fail("init"); }
    prctl(PR_SET_DUMPABLE, 0); /* Nobody in the sandbox may read or write this process through /proc/1. */
    int port = atoi(argv[0]);
    snprintf(gateway.sun_path, sizeof gateway.sun_path, "%s", argv[1]);

    sigset_t caught, original;
    sigemptyset(&caught);
    for (size_t i = 0; i < 7; i++) sigaddset(&caught, ((int[]){ SIGCHLD, SIGTERM, SIGINT, SIGHUP, SIGQUIT, SIGUSR1, SIGUSR2 })[i]);
    sigprocmask(SIG_BLOCK, &caught, &original);
    int signals = signalfd(-1, &caught, SFD_CLOEXEC | SFD_NONBLOCK);
    poller = epoll_create1(EPOLL_CLOEXEC);
    struct epoll_event e = { .events = EPOLLIN, .data.ptr = &signals };
    if (signals < 0 || poller < 0 || epoll_ctl(poller, EPOLL_CTL_ADD, signals, &e) != 0) fail("epoll");

    if (strcmp(argv[3], "-") != 0) copy_over(argv[3], ".");
    char **option = argv + 4;
    for (; *option && strcmp(*option, "--") != 0; option += 2) {
        if (strcmp(*option, "copy") == 0) { copy_over(option[1], option[2]); option++; }
        else if (strcmp(*option, "serve") == 0) serve_port = atoi(option[1]);
        else if (strcmp(*option, "collect") == 0) collected = option[1];
        else { errno = EINVAL; fail(*option); }
    }
    if (serve_port > 0) watch(&serving);
    if (collected) watch(&collecting);
    if (port > 0) listen_on(port);
    if (write(2, READY, sizeof READY - 1) < 0) fail("say ready");
    pid_t child = start(option + 1, strtoull(argv[2], NULL, 10), &original);
    /* Only the program holds the input and the output, so that its closing of them is seen on the host. */
    close(0);
    close(1);
    open("/dev/null", O_RDWR);
    open("/dev/null", O_RDWR);

    for (;;) {
        struct epoll_event ready[EVENTS];
        int n = epoll_wait(poller, ready, EVENTS, -1);
        for (int i = 0; i < n; i++) {
            if (ready[i].data.ptr == &signals) on_signal(signals, child);
            else if (ready[i].data.ptr == &listener) open_connection(listener);
            else if (ready[i].data.ptr == &serving) open_connection(serving);
            else if (ready[i].data.ptr == &collecting) open_collector();
            else serve(ready[i].data.ptr);
        }
        while (dead) {
            struct connection *c = dead;
            dead = c->next_dead;
            free(c);
        }
    }
}
