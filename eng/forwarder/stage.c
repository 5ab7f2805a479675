/* What a sandbox is shown of the host, mounted as /tmp/0, /tmp/1, ... in a mount namespace of this process's own; it goes with the last process
 * in it, so nothing is left to clean up.
 *
 * An overlay is a version's files that can be written over: what is written lies in memory, the files stay as they are. Started as root, the
 * files belong to root on disk and must belong to the run's own user inside: the lower mount is id-mapped (0 becomes the user). */
#define _GNU_SOURCE
#include "forwarder.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/mount.h>
#include <sched.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

/* The C library's <sys/mount.h> and the kernel's <linux/mount.h> declare the same things twice in some versions. */
int mount(const char *source, const char *target, const char *type, unsigned long flags, const void *data);

enum { PLAIN = MS_NOSUID | MS_NODEV };

char staged_kind(const char *word)
{
    return strcmp(word, "stage") == 0 ? 's' : strcmp(word, "memory") == 0 ? 'm' : strcmp(word, "overlay") == 0 ? 'o' : 0;
}

static void write_map(const char *path, const char *text)
{
    int fd = open(path, O_WRONLY | O_CLOEXEC);
    if (fd < 0 || write(fd, text, strlen(text)) != (ssize_t)strlen(text)) fail(path);
    close(fd);
}

/* Becomes the root of a namespace of users in which only this user exists: enough to mount in. */
static void own_namespace(void)
{
    char text[64];
    unsigned uid = getuid(), gid = getgid();
    if (unshare(CLONE_NEWUSER | CLONE_NEWNS) != 0) fail("unshare users");
    write_map("/proc/self/setgroups", "deny");
    snprintf(text, sizeof text, "%u %u 1", uid, uid);
    write_map("/proc/self/uid_map", text);
    snprintf(text, sizeof text, "%u %u 1", gid, gid);
    write_map("/proc/self/gid_map", text);
}

/* A namespace of users in which 0 is uid, as a descriptor. A child makes it, for this process must stay where it is. */
static int mapping_of(long uid)
{
    int ready[2], hold[2];
    char path[64], text[64], byte = 0;
    if (pipe2(ready, O_CLOEXEC) != 0 || pipe2(hold, O_CLOEXEC) != 0) fail("pipe");
    pid_t child = fork();
    if (child < 0) fail("fork");
    if (child == 0) {
        close(hold[1]);
        int made = unshare(CLONE_NEWUSER) == 0;
        if (write(ready[1], made ? "y" : "n", 1) != 1 || read(hold[0], &byte, 1) < 0) _exit(1);
        _exit(0);
    }
    close(ready[1]);
    close(hold[0]);
    if (read(ready[0], &byte, 1) != 1 || byte != 'y') fail("unshare users for a mapping");
    snprintf(text, sizeof text, "0 %ld 1", uid);
    snprintf(path, sizeof path, "/proc/%d/uid_map", child);
    write_map(path, text);
    snprintf(path, sizeof path, "/proc/%d/gid_map", child);
    write_map(path, text);
    snprintf(path, sizeof path, "/proc/%d/ns/user", child);
    int mapping = open(path, O_RDONLY | O_CLOEXEC);
    if (mapping < 0) fail(path);
    close(ready[0]);
    close(hold[1]);
    waitpid(child, NULL, 0);
    return mapping;
}

static void make_folder(const char *path)
{
    if (mkdir(path, 0755) != 0) fail(path);
}

/* value: BYTES:FILES */
static void mount_memory(const char *target, const char *value, long uid)
{
    char options[160];
    char *end;
    unsigned long long bytes = strtoull(value, &end, 10), files = strtoull(*end ? end + 1 : end, NULL, 10);
    int n = snprintf(options, sizeof options, "mode=755,size=%llu,nr_inodes=%llu", bytes, files);
    if (uid > 0) snprintf(options + n, sizeof options - (size_t)n, ",uid=%ld,gid=%ld", uid, uid);
    if (mount("tmpfs", target, "tmpfs", PLAIN, options) != 0) fail("mount memory");
}

/* value: PATH:BYTES:FILES; the path was opened before the staging folder hid it. */
static void mount_overlay(int lower, const char *value, int index, const char *target, long uid, int own)
{
    char room[64], below[64], upper[80], work[80], options[320];
    snprintf(room, sizeof room, "/tmp/room%d", index);
    snprintf(below, sizeof below, "/tmp/below%d", index);
    make_folder(room);
    make_folder(below);
    const char *files = strrchr(value, ':'), *bytes = files;
    while (bytes && bytes > value && bytes[-1] != ':') bytes--;
    if (!files || bytes <= value) { errno = EINVAL; fail(value); }
    mount_memory(room, bytes, uid);
    snprintf(upper, sizeof upper, "%s/upper", room);
    snprintf(work, sizeof work, "%s/work", room);
    make_folder(upper);
    make_folder(work);
    if (uid > 0 && chown(upper, (uid_t)uid, (gid_t)uid) != 0) fail(upper);
    int tree = (int)syscall(SYS_open_tree, lower, "", AT_EMPTY_PATH | OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC | (own ? AT_RECURSIVE : 0));
    if (tree < 0) fail("open tree");
    if (uid > 0) {
        struct mount_attr attributes = { .attr_set = MOUNT_ATTR_IDMAP, .userns_fd = (uint64_t)mapping_of(uid) };
        if (syscall(SYS_mount_setattr, tree, "", AT_EMPTY_PATH, &attributes, sizeof attributes) != 0) fail("map owners");
        close((int)attributes.userns_fd);
    }
    if (syscall(SYS_move_mount, tree, "", AT_FDCWD, below, MOVE_MOUNT_F_EMPTY_PATH) != 0) fail("mount files");
    close(tree);
    snprintf(options, sizeof options, "lowerdir=%s,upperdir=%s,workdir=%s%s", below, upper, work, own ? ",userxattr" : "");
    if (mount("overlay", target, "overlay", PLAIN, options) != 0) fail("mount overlay");
}

void stage(struct staged *items, int count, long uid, int own)
{
    int fds[MAX_STAGED];
    if (own) own_namespace();
    else if (unshare(CLONE_NEWNS) != 0) fail("unshare mounts");
    if (mount("none", "/", NULL, MS_REC | MS_PRIVATE, NULL) != 0) fail("make mounts private");
    for (int i = 0; i < count; i++) {
        fds[i] = -1;
        if (items[i].kind == 'm') continue;
        char *path = strdup(items[i].value);
        if (items[i].kind == 'o')
            for (int cut = 0; cut < 2; cut++) {
                char *colon = strrchr(path, ':');
                if (!colon) { errno = EINVAL; fail(path); }
                *colon = 0;
            }
        fds[i] = open(path, O_PATH | O_CLOEXEC);
        if (fds[i] < 0) fail(path);
        free(path);
    }
    if (mount("tmpfs", "/tmp", "tmpfs", PLAIN, "size=256k,mode=755") != 0) fail("mount staging folder");
    for (int i = 0; i < count; i++) {
        char from[64], to[64];
        struct stat s;
        snprintf(to, sizeof to, "/tmp/%d", i);
        if (items[i].kind != 's') {
            make_folder(to);
            if (items[i].kind == 'm') mount_memory(to, items[i].value, uid);
            else mount_overlay(fds[i], items[i].value, i, to, uid, own);
        } else {
            snprintf(from, sizeof from, "/proc/self/fd/%d", fds[i]);
            if (fstat(fds[i], &s) != 0) fail(items[i].value);
            if (S_ISDIR(s.st_mode) ? mkdir(to, 0755) : mknod(to, S_IFREG | 0644, 0)) fail(to);
            if (mount(from, to, NULL, MS_BIND | MS_REC, NULL) != 0) fail(items[i].value);
        }
        if (fds[i] >= 0) close(fds[i]);
    }
}
