#ifndef HALLMARK_CEPOLL_SHIM_H
#define HALLMARK_CEPOLL_SHIM_H

#include <sys/epoll.h>
#include <sys/eventfd.h>

#endif
