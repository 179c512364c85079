/* rule: none; check: --start BeginWaves --stop EndWaves; exports of any name */
#define START BeginWaves
#define STOP EndWaves
#include "frame/provider.h"
