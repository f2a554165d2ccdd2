#ifndef HALLMARK_CUNBOUND_SHIM_H
#define HALLMARK_CUNBOUND_SHIM_H

#include <unbound.h>

#endif
