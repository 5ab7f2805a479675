/* For agents that start their MCP servers as programs: speaks MCP on standard input and output, a message a line, and hands each message to the
 * tool proxy by HTTP. One message at a time; answers are JSON, because only JSON is asked for. */
#define _GNU_SOURCE
#include "forwarder.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/socket.h>
#include <unistd.h>

static char host[64];
static char session[128];
static const char *path;
static struct sockaddr_in address;

static void usage(const char *what)
{
    dprintf(2, "mcp: %s\n", what);
    exit(2);
}

/* ESPALIER_TOOLS_URL is http://ADDRESS:PORT/PATH; there are no names to resolve in a sandbox. */
static void read_url(const char *url)
{
    if (url == NULL || strncmp(url, "http://", 7) != 0) usage("ESPALIER_TOOLS_URL is not set. Pass it and ESPALIER_TOOLS_KEY on to this program.");
    const char *start = url + 7;
    path = strchr(start, '/');
    const char *colon = strchr(start, ':');
    if (path == NULL || colon == NULL || colon > path || (size_t)(path - start) >= sizeof host) usage("ESPALIER_TOOLS_URL is not http://ADDRESS:PORT/PATH.");
    memcpy(host, start, (size_t)(path - start));
    char ip[64];
    memcpy(ip, start, (size_t)(colon - start));
    ip[colon - start] = '\0';
    address.sin_family = AF_INET;
    address.sin_port = htons((unsigned short)atoi(colon + 1));
    if (inet_pton(AF_INET, ip, &address.sin_addr) != 1) usage("ESPALIER_TOOLS_URL has no IPv4 address.");
}

static void send_all(int fd, const char *bytes, size_t length)
{
    while (length > 0)
    {
        ssize_t written = write(fd, bytes, length);
        if (written < 0 && errno == EINTR) continue;
        if (written <= 0) fail("the tool proxy takes no message");
        bytes += written;
        length -= (size_t)written;
    }
}

/* The whole answer, ended by a zero; the proxy closes the connection behind it. */
static char *receive_all(int fd, size_t *length)
{
    size_t size = 65536, end = 0;
    char *bytes = malloc(size);
    if (bytes == NULL) fail("memory");
    for (;;)
    {
        if (end + 1 == size && (bytes = realloc(bytes, size *= 2)) == NULL) fail("memory");
        ssize_t got = read(fd, bytes + end, size - end - 1);
        if (got < 0 && errno == EINTR) continue;
        if (got < 0) fail("the tool proxy broke off");
        if (got == 0) break;
        end += (size_t)got;
    }

    bytes[end] = '\0';
    *length = end;
    return bytes;
}

static void keep_session(const char *head, const char *end)
{
    for (const char *line = head; line != NULL && line < end; line = strstr(line, "\r\n"), line = line == NULL ? NULL : line + 2)
    {
        if (strncasecmp(line, "mcp-session-id:", 15) != 0) continue;
        const char *value = line + 15 + strspn(line + 15, " ");
        size_t length = strcspn(value, "\r\n");
        if (length >= sizeof session) return;
        memcpy(session, value, length);
        session[length] = '\0';
    }
}

static void pass(const char *tool, const char *key, const char *message, size_t length)
{
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (fd < 0 || connect(fd, (struct sockaddr *)&address, sizeof address) != 0) fail("the tool proxy cannot be reached");
    char *head;
    int headed = asprintf(&head,
        "POST %s/%s/mcp HTTP/1.1\r\nHost: %s\r\nAuthorization: Bearer %s\r\nContent-Type: application/json\r\nAccept: application/json\r\n"
        "%s%s%sContent-Length: %zu\r\nConnection: close\r\n\r\n",
        path, tool, host, key, session[0] ? "Mcp-Session-Id: " : "", session, session[0] ? "\r\n" : "", length);
    if (headed < 0) fail("memory");
    send_all(fd, head, (size_t)headed);
    send_all(fd, message, length);
    free(head);
    size_t got;
    char *answer = receive_all(fd, &got);
    close(fd);
    char *body = strstr(answer, "\r\n\r\n");
    if (body == NULL) fail("the tool proxy gave no answer");
    keep_session(answer, body);
    body += 4;
    /* Between the tokens of JSON a line break is a blank; inside of them there is none. */
    for (char *at = body; *at != '\0'; at++)
        if (*at == '\n' || *at == '\r') *at = ' ';
    if (*body != '\0')
    {
        send_all(1, body, strlen(body));
        send_all(1, "\n", 1);
    }

    free(answer);
}

int mcp(int argc, char **argv)
{
    if (argc != 1) usage("give the tool server's name: mcp NAME");
    const char *key = getenv("ESPALIER_TOOLS_KEY");
    if (key == NULL) usage("ESPALIER_TOOLS_KEY is not set. Pass it and ESPALIER_TOOLS_URL on to this program.");
    read_url(getenv("ESPALIER_TOOLS_URL"));
    char *line = NULL;
    size_t size = 0;
    ssize_t length;
    while ((length = getline(&line, &size, stdin)) > 0)
    {
        while (length > 0 && (line[length - 1] == '\n' || line[length - 1] == '\r')) length--;
        if (length > 0) pass(argv[0], key, line, (size_t)length);
    }

    return 0;
}
