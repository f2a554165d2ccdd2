#ifndef HALLMARK_CJANSSON_SHIM_H
#define HALLMARK_CJANSSON_SHIM_H

#include <jansson.h>

/* json_decref and json_typeof are a static inline and a macro: Swift sees neither reliably. */
static inline void hallmark_json_release(json_t *value) { json_decref(value); }
static inline json_type hallmark_json_type(const json_t *value) { return json_typeof(value); }

#endif
