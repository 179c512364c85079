/* rule: none; the sound twin: what the faulty ones are, less their fault */
#include "frame/faulty.h"
#include "frame/exports.h"
