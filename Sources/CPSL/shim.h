#ifndef HALLMARK_CPSL_SHIM_H
#define HALLMARK_CPSL_SHIM_H

#include <libpsl.h>

#endif
