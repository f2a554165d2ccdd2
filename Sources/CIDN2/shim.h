#ifndef HALLMARK_CIDN2_SHIM_H
#define HALLMARK_CIDN2_SHIM_H

#include <idn2.h>

#endif
