/* rule: none; the sound twin: what the faulty ones are, less their fault */
#include "frame/provider.h"
