#ifndef HALLMARK_CLMDB_SHIM_H
#define HALLMARK_CLMDB_SHIM_H

#include <lmdb.h>
#include <malloc.h>

#endif
