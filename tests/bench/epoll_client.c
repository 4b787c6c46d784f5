/* The least a Modbus TCP client can do: one epoll loop, one request in flight for each device.
 *
 *   epoll_client BASE_PORT COUNT SECONDS ADDRESS COUNT [ADDRESS COUNT]...
 *
 * Reads each device's register blocks in turn, again and again. Checks transaction, unit, function
 * and byte count of every reply, decodes and keeps nothing. Prints replies, CPU seconds, seconds.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

enum { LONGEST = 260, MOST_BLOCKS = 8, BATCH = 512 };

struct block { unsigned addr, count; };
struct device {
    int fd;
    unsigned transaction, block, have;
    unsigned char reply[LONGEST];
};

static struct block blocks[MOST_BLOCKS];
static unsigned block_count;
static unsigned long replies;

static void fail(const char *what) { perror(what); exit(1); }

static double now(clockid_t clock)
{
    struct timespec at;
    clock_gettime(clock, &at);
    return at.tv_sec + at.tv_nsec / 1e9;
}

static void ask(struct device *d)
{
    const struct block *b = &blocks[d->block];
    unsigned t = d->transaction = (d->transaction + 1) & 0xffff;
    unsigned char frame[12] = {t >> 8, t, 0, 0, 0, 6, 1, 3,
                               b->addr >> 8, b->addr, b->count >> 8, b->count};
    if (send(d->fd, frame, sizeof frame, MSG_NOSIGNAL) != sizeof frame) fail("send");
}

static void hear(struct device *d)
{
    const struct block *b = &blocks[d->block];
    unsigned want = 9 + 2 * b->count;
    ssize_t got = recv(d->fd, d->reply + d->have, sizeof d->reply - d->have, 0);
    if (got <= 0) fail("recv");
    d->have += got;
    if (d->have < want) return;
    const unsigned char *r = d->reply;
    if (d->have != want || r[0] != (d->transaction >> 8) || r[1] != (d->transaction & 0xff) ||
        r[6] != 1 || r[7] != 3 || r[8] != 2 * b->count) {
        fprintf(stderr, "not the reply to our request\n");
        exit(1);
    }
    replies++;
    d->have = 0;
    d->block = (d->block + 1) % block_count;
    ask(d);
}

static int opened(int port)
{
    int fd = socket(AF_INET, SOCK_STREAM, 0), yes = 1;
    struct sockaddr_in to = {.sin_family = AF_INET, .sin_port = htons(port),
                             .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    if (fd < 0 || connect(fd, (struct sockaddr *)&to, sizeof to)) fail("connect");
    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &yes, sizeof yes);
    return fd;
}

static void allow_open_files(rlim_t wanted)
{
    struct rlimit limit;
    getrlimit(RLIMIT_NOFILE, &limit);
    if (limit.rlim_cur >= wanted) return;
    limit.rlim_cur = wanted < limit.rlim_max ? wanted : limit.rlim_max;
    setrlimit(RLIMIT_NOFILE, &limit);
}

int main(int argc, char **argv)
{
    if (argc < 6) return 2;
    int port = atoi(argv[1]), count = atoi(argv[2]), poll = epoll_create1(0);
    double seconds = atof(argv[3]);
    for (int i = 4; i + 1 < argc && block_count < MOST_BLOCKS; i += 2)
        blocks[block_count++] = (struct block){atoi(argv[i]), atoi(argv[i + 1])};
    allow_open_files(count + 100);
    struct device *devices = calloc(count, sizeof *devices);
    for (int i = 0; i < count; i++) {
        devices[i].fd = opened(port + i);
        struct epoll_event want = {.events = EPOLLIN, .data.ptr = &devices[i]};
        epoll_ctl(poll, EPOLL_CTL_ADD, devices[i].fd, &want);
    }
    for (int i = 0; i < count; i++) ask(&devices[i]);
    struct epoll_event events[BATCH];
    double warm = now(CLOCK_MONOTONIC) + 0.3, began = 0, cpu = 0;
    unsigned long before = 0;
    for (;;) {
        int ready = epoll_wait(poll, events, BATCH, 1000);
        if (ready < 0 && errno != EINTR) fail("epoll_wait");
        for (int i = 0; i < ready; i++) hear(events[i].data.ptr);
        double at = now(CLOCK_MONOTONIC);
        if (!began && at >= warm) {
            began = at;
            cpu = now(CLOCK_PROCESS_CPUTIME_ID);
            before = replies;
        }
        if (began && at - began >= seconds) break;
    }
    printf("%lu %.6f %.6f\n", replies - before, now(CLOCK_PROCESS_CPUTIME_ID) - cpu,
           now(CLOCK_MONOTONIC) - began);
    return 0;
}
