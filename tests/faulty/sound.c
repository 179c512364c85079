/* rule: none; the sound twin: the faulty ones without their fault */
#include "frame/faulty.h"
#include "frame/exports.h"
