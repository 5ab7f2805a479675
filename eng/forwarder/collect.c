/* The files below a folder as a stream, read by Workers/Sandboxes/FolderReader.cs. Each is
 *   kind: 1 byte ('f' file, 'x' executable file, 'l' link, 'e' end), path length: 4 bytes, content length: 8 bytes (little endian), path, content
 * Folders show only in paths; sockets, pipes and devices are left out. Links are told of and never followed. */
#define _GNU_SOURCE
#include "forwarder.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/sendfile.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

enum { MAX_PATH = 4096 };

static void put(int to, const void *bytes, size_t count)
{
    for (const char *at = bytes; count > 0;) {
        ssize_t n = send(to, at, count, MSG_NOSIGNAL);
        if (n < 0 && errno == EINTR) continue;
        if (n <= 0) fail("send files");
        at += n;
        count -= (size_t)n;
    }
}

static void put_head(int to, char kind, const char *path, uint64_t size)
{
    uint32_t length = (uint32_t)strlen(path);
    unsigned char head[13] = { (unsigned char)kind };
    for (int i = 0; i < 4; i++) head[1 + i] = (unsigned char)(length >> (8 * i));
    for (int i = 0; i < 8; i++) head[5 + i] = (unsigned char)(size >> (8 * i));
    put(to, head, sizeof head);
    put(to, path, length);
}

static void put_file(int folder, const char *name, const char *path, const struct stat *s, int to)
{
    int fd = openat(folder, name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
    if (fd < 0) return; /* Made unreadable: the host sees it as gone. */
    put_head(to, s->st_mode & 0100 ? 'x' : 'f', path, (uint64_t)s->st_size);
    off_t left = s->st_size;
    while (left > 0) {
        ssize_t n = sendfile(to, fd, NULL, left > 1 << 20 ? 1 << 20 : (size_t)left);
        if (n < 0 && errno == EINTR) continue;
        if (n <= 0) fail("send a file");
        left -= n;
    }
    close(fd);
}

static void put_tree(int folder_fd, char *path, size_t length, int to)
{
    DIR *folder = fdopendir(folder_fd);
    if (!folder) fail("read a folder");
    for (struct dirent *e; (e = readdir(folder)) != NULL;) {
        struct stat s;
        size_t name = strlen(e->d_name);
        if (strcmp(e->d_name, ".") == 0 || strcmp(e->d_name, "..") == 0) continue;
        if (length + name + 2 > MAX_PATH) { errno = ENAMETOOLONG; fail("send files"); }
        if (fstatat(folder_fd, e->d_name, &s, AT_SYMLINK_NOFOLLOW) != 0) continue;
        memcpy(path + length, e->d_name, name + 1);
        if (S_ISDIR(s.st_mode)) {
            int inner = openat(folder_fd, e->d_name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
            if (inner < 0 && errno == EMFILE) fail("read a folder");
            if (inner < 0) continue;
            path[length + name] = '/';
            put_tree(inner, path, length + name + 1, to);
        } else if (S_ISREG(s.st_mode)) {
            put_file(folder_fd, e->d_name, path, &s, to);
        } else if (S_ISLNK(s.st_mode)) {
            char target[MAX_PATH];
            ssize_t n = readlinkat(folder_fd, e->d_name, target, sizeof target);
            if (n < 0) continue;
            put_head(to, 'l', path, (uint64_t)n);
            put(to, target, (size_t)n);
        }
    }
    closedir(folder);
}

void send_folder(const char *folder, int to)
{
    char path[MAX_PATH + 256] = "";
    kill(-1, SIGKILL); /* Process 1 alone is left out: nothing changes any more while it is read. */
    while (waitpid(-1, NULL, 0) > 0 || errno == EINTR) { }
    fcntl(to, F_SETFL, 0);
    int fd = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (fd < 0) fail("open the folder");
    put_tree(fd, path, 0, to);
    put_head(to, 'e', "", 0);
    shutdown(to, SHUT_WR);
}
