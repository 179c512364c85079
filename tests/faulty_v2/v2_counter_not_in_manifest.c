/* rule: v2-manifest; the template has a counter that the manifest does not have */
#define NARROW 9
#include "frame/provider.h"
