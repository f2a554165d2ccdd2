#ifndef HALLMARK_CZLIB_SHIM_H
#define HALLMARK_CZLIB_SHIM_H

#include <zlib.h>

/* deflateInit2 is a macro. */
static inline int hallmark_deflate_init(z_stream *stream, int level, int window_bits, int memory_level) {
  return deflateInit2(stream, level, Z_DEFLATED, window_bits, memory_level, Z_DEFAULT_STRATEGY);
}

#endif
