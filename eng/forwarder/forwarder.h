/* The sandbox's helper: three small programs in one static file. See main.c. */
#ifndef FORWARDER_H
#define FORWARDER_H

/* What a sandbox is shown: a path as it is ('s'), an empty file system in memory ('m'), or a path that can be written over in memory ('o'). */
enum { MAX_STAGED = 64 };
struct staged { char kind, *value; };

/* Of the words stage, memory and overlay; 0 for any other. */
char staged_kind(const char *word);

/* Mounts each as /tmp/0, /tmp/1, ... for this process and its children. own: in a namespace of users of its own, for who is no root. */
void stage(struct staged *items, int count, long uid, int own);

/* Listening sockets that launch opens and init inherits. */
enum { SERVE_FD = 12, COLLECT_FD = 13 };

int launch(int argc, char **argv);
int forward(int argc, char **argv);
int mcp(int argc, char **argv);

/* Copies what is in one folder over another; what is there already is written over. */
void copy_over(const char *from, const char *to);

/* Ends everything else in the sandbox and writes the regular files and links below a folder to a socket (collect.c). */
void send_folder(const char *folder, int to);

/* Prints "sandbox: what: why" and exits with 125, which no shell gives to a command. */
void fail(const char *what) __attribute__((noreturn));

#endif
