/* rule: none; the sound twin: the faulty ones without their fault */
#include "frame/provider.h"
