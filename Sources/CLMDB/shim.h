#ifndef HALLMARK_CLMDB_SHIM_H
#define HALLMARK_CLMDB_SHIM_H

#include <lmdb.h>
#include <malloc.h>

/* Of the processor's cache, in octets. */
#define HALLMARK_CACHE_LINE 64

/* Asks the memory for all lines of a value at once, without waiting for any. */
static inline void hallmark_expect(const void *octets, size_t count) {
  for (size_t place = 0; place < count; place += HALLMARK_CACHE_LINE)
    __builtin_prefetch((const char *)octets + place, 0, 2);
}

/* The number of the calling thread: they are counted from 0 in the order in which they ask first. */
static inline unsigned hallmark_thread_number(void) {
  static _Atomic unsigned threads;
  static _Thread_local unsigned number; /* From 1 on; 0 as long as it has not asked. */
  if (number == 0) number = ++threads;
  return number - 1;
}

#endif
