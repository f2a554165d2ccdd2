#ifndef HALLMARK_CXXHASH_SHIM_H
#define HALLMARK_CXXHASH_SHIM_H

#include <xxhash.h>
/* On x86 the library chooses by the processor when it runs. */
#if defined(__x86_64__) && __has_include(<xxh_x86dispatch.h>)
#include <xxh_x86dispatch.h>
#endif

/* XXH3_64bits_withSeed is a macro there. */
static inline XXH64_hash_t hallmark_xxh3(const void *octets, size_t count, XXH64_hash_t seed) {
  return XXH3_64bits_withSeed(octets, count, seed);
}

#endif
