/* Loads a server at 127.0.0.1 and tells what became of it, as an object of JSON: answers a second, and how long they took, in
 * microseconds. One thread, which polls and never sleeps, so that the server is the limit and not its client.
 *
 *     load http|netstring PORT FILE CONNECTIONS SECONDS in-turn BURST
 *     load http|netstring PORT FILE CONNECTIONS SECONDS paced RATE
 *
 * FILE holds one request. `in-turn`: each connection sends so many requests in a row, waits for all their answers, and begins
 * again. `paced`: so many requests a second fall due at random moments (a Poisson process), however fast the answers come; the
 * time of an answer counts from when its request was due, also where every connection was busy then.
 */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <math.h>
#include <netinet/tcp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <time.h>

enum { LARGEST_REQUEST = 1 << 16, LARGEST_ANSWER = 1 << 20, MOST_TIMES = 1 << 24 };

/* One connection, and the requests on it that have no answer yet. */
struct line {
  int descriptor;
  char *buffer;
  size_t filled;
  size_t expected; /* octets of the answer that is coming in; 0 while that is not known */
  long waiting;
  uint64_t since;
};

static int is_http;
static char request[LARGEST_REQUEST];
static size_t request_length;
static struct line *lines;
static long connections, answers;
static int poller;
static uint32_t *times; /* of answers, in nanoseconds */
static size_t times_count;

static void fail(const char *format, ...) {
  va_list words;
  va_start(words, format);
  fprintf(stderr, "load: ");
  vfprintf(stderr, format, words);
  fprintf(stderr, "\n");
  exit(2);
}

static uint64_t now(void) {
  struct timespec time;
  clock_gettime(CLOCK_MONOTONIC, &time);
  return (uint64_t)time.tv_sec * 1000000000 + (uint64_t)time.tv_nsec;
}

static void open_line(struct line *line, int port) {
  struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons((uint16_t)port)};
  int one = 1;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  line->descriptor = socket(AF_INET, SOCK_STREAM, 0);
  if (connect(line->descriptor, (struct sockaddr *)&address, sizeof address) != 0)
    fail("cannot connect to %d: %s", port, strerror(errno));
  setsockopt(line->descriptor, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
  fcntl(line->descriptor, F_SETFL, O_NONBLOCK);
  line->buffer = malloc(LARGEST_ANSWER + 1);
  struct epoll_event event = {.events = EPOLLIN, .data.ptr = line};
  epoll_ctl(poller, EPOLL_CTL_ADD, line->descriptor, &event);
}

static void send_all(struct line *line, const char *octets, size_t length, long count, uint64_t time) {
  if (send(line->descriptor, octets, length, MSG_NOSIGNAL) != (ssize_t)length) fail("cannot send: %s", strerror(errno));
  line->waiting = count;
  line->since = time;
}

/* The octets of the first answer, of which so many are there; 0 while that cannot be told. */
static size_t answer_length(const char *octets, size_t count) {
  if (!is_http) {
    const char *colon = memchr(octets, ':', count);
    return colon ? (size_t)(colon - octets) + 2 + (size_t)atol(octets) : 0;
  }
  const char *end = memmem(octets, count, "\r\n\r\n", 4);
  if (!end) return 0;
  if (memcmp(octets, "HTTP/1.1 200 ", 13) != 0) fail("an answer is no success: %.60s", octets);
  const char *length = memmem(octets, (size_t)(end - octets), "Content-Length: ", 16);
  if (!length) fail("an answer has no length");
  return (size_t)(end - octets) + 4 + (size_t)atol(length + 16);
}

/* Takes what has come in; how many answers it ended. */
static long receive(struct line *line) {
  ssize_t got = recv(line->descriptor, line->buffer + line->filled, LARGEST_ANSWER - line->filled, 0);
  if (got < 0 && errno == EAGAIN) return 0;
  if (got <= 0) fail("the server ended a connection");
  line->filled += (size_t)got;
  line->buffer[line->filled] = 0;
  size_t start = 0;
  long ended = 0;
  while (start < line->filled) {
    if (!line->expected) line->expected = answer_length(line->buffer + start, line->filled - start);
    if (!line->expected || line->filled - start < line->expected) break;
    start += line->expected;
    line->expected = 0;
    ended++;
  }
  memmove(line->buffer, line->buffer + start, line->filled - start);
  line->filled -= start;
  if (line->filled == LARGEST_ANSWER) fail("an answer is too long");
  line->waiting -= ended;
  return ended;
}

static void note(uint64_t nanoseconds, long count) {
  answers += count;
  if (times_count < MOST_TIMES) times[times_count++] = nanoseconds > UINT32_MAX ? UINT32_MAX : (uint32_t)nanoseconds;
}

static void in_turn(uint64_t length, long burst) {
  size_t octets = request_length * (size_t)burst;
  char *several = malloc(octets);
  for (long index = 0; index < burst; index++) memcpy(several + request_length * (size_t)index, request, request_length);
  struct epoll_event *events = calloc((size_t)connections, sizeof *events);
  uint64_t start = now();
  for (long index = 0; index < connections; index++) send_all(&lines[index], several, octets, burst, start);
  while (now() - start < length) {
    int count = epoll_wait(poller, events, (int)connections, 0);
    for (int index = 0; index < count; index++) {
      struct line *line = events[index].data.ptr;
      long ended = receive(line);
      if (!ended) continue;
      uint64_t time = now();
      note(time - line->since, ended);
      if (!line->waiting) send_all(line, several, octets, burst, time);
    }
  }
}

static void paced(uint64_t length, double rate) {
  struct line **idle = calloc((size_t)connections, sizeof *idle);
  long idle_count = connections;
  for (long index = 0; index < connections; index++) idle[index] = &lines[index];
  struct epoll_event *events = calloc((size_t)connections, sizeof *events);
  uint64_t start = now(), time = start;
  double due = (double)start;
  srand48(1);
  while (time - start < length) {
    int count = epoll_wait(poller, events, (int)connections, 0);
    for (int index = 0; index < count; index++) {
      struct line *line = events[index].data.ptr;
      if (!receive(line)) continue;
      note(now() - line->since, 1);
      idle[idle_count++] = line;
    }
    time = now();
    while (due <= (double)time && idle_count > 0) {
      send_all(idle[--idle_count], request, request_length, 1, (uint64_t)due);
      due -= log(1 - drand48()) * 1e9 / rate;
    }
  }
}

static int order(const void *left, const void *right) {
  uint32_t a = *(const uint32_t *)left, b = *(const uint32_t *)right;
  return (a > b) - (a < b);
}

static double part(double share) { return times_count ? times[(size_t)((double)(times_count - 1) * share)] / 1000.0 : 0; }

int main(int count, char **words) {
  if (count != 8) fail("usage: load http|netstring PORT FILE CONNECTIONS SECONDS in-turn|paced NUMBER");
  is_http = strcmp(words[1], "http") == 0;
  FILE *file = fopen(words[3], "r");
  if (!file) fail("cannot read %s", words[3]);
  request_length = fread(request, 1, sizeof request, file);
  fclose(file);
  connections = atol(words[4]);
  double seconds = atof(words[5]), number = atof(words[7]);
  if (connections < 1 || seconds <= 0 || number <= 0) fail("connections, seconds and number must be above nothing");
  poller = epoll_create1(0);
  lines = calloc((size_t)connections, sizeof *lines);
  times = malloc(MOST_TIMES * sizeof *times);
  for (long index = 0; index < connections; index++) open_line(&lines[index], atoi(words[2]));
  uint64_t start = now();
  if (strcmp(words[6], "paced") == 0)
    paced((uint64_t)(seconds * 1e9), number);
  else
    in_turn((uint64_t)(seconds * 1e9), (long)number);
  double took = (double)(now() - start) / 1e9;
  qsort(times, times_count, sizeof *times, order);
  printf("{\"rate\": %.1f, \"p50\": %.1f, \"p99\": %.1f, \"p999\": %.1f}\n", (double)answers / took, part(0.5), part(0.99),
         part(0.999));
  return 0;
}
