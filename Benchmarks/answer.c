/* The least that an answer costs: listens at 127.0.0.1 and answers whatever comes in at once with the octets of a file,
 * without looking at it. One thread, which waits for all connections by epoll.
 *
 *     answer PORT FILE
 *
 * Ends with 2 where it cannot. */
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

enum { LARGEST = 65536, MOST = 64 };

static char answer[LARGEST], request[LARGEST];

static int must(int result, const char *what) {
  if (result >= 0) return result;
  fprintf(stderr, "answer: %s: %s\n", what, strerror(errno));
  exit(2);
}

static void watch(int poller, int descriptor) {
  struct epoll_event event = {.events = EPOLLIN, .data.fd = descriptor};
  must(epoll_ctl(poller, EPOLL_CTL_ADD, descriptor, &event), "epoll_ctl");
}

int main(int count, char **arguments) {
  if (count != 3) return 2;
  int file = must(open(arguments[2], O_RDONLY), arguments[2]), one = 1;
  size_t length = (size_t)must((int)read(file, answer, LARGEST), arguments[2]);
  struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons((uint16_t)atoi(arguments[1]))};
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  int listener = must(socket(AF_INET, SOCK_STREAM, 0), "socket"), poller = must(epoll_create1(0), "epoll_create1");
  setsockopt(listener, SOL_SOCKET, SO_REUSEADDR, &one, sizeof one);
  must(bind(listener, (struct sockaddr *)&address, sizeof address), "bind");
  must(listen(listener, 512), "listen");
  watch(poller, listener);
  struct epoll_event events[MOST];
  for (;;) {
    int ready = epoll_wait(poller, events, MOST, -1);
    for (int index = 0; index < ready; index++) {
      int descriptor = events[index].data.fd;
      if (descriptor == listener) {
        int taken = must(accept(listener, NULL, NULL), "accept");
        setsockopt(taken, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
        watch(poller, taken);
      } else if (recv(descriptor, request, LARGEST, 0) <= 0) {
        close(descriptor);
      } else {
        send(descriptor, answer, length, MSG_NOSIGNAL);
      }
    }
  }
}
